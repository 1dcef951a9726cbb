namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Xapian (notmuch, mu, Dovecot's full-text search).</summary>
    public static MailSystem Xapian { get; } = new()
    {
        Name = "xapian",
        Title = "Xapian (notmuch, mu, Dovecot fts-flatcurve and fts-xapian)",
        About = "Xapian is the search index of notmuch, mu and two plugins of Dovecot. Its one writer has a kernel lock on flintlock in the directory of the "
            + "index; the file itself stays permanently.",
        LookedAt = ["kernel locks on flintlock: an OFD lock of the writer, or on old kernels an fcntl lock of a child that runs cat"],
        LeftAlone = ["to remove flintlock, held or free: two writers would destroy the index"],
        Conventions =
        [
            new NotALock
            {
                Form = "flintlock, empty",
                What = "handle for the kernel lock of an index's writer",
                Name = Pattern.Whole("flintlock"),
                Screen = Screens.Exactly("flintlock"),
                Looks = Look.EmptyOfAnyMode,                              // opened with O_TRUNC, never written
                Why = "Only a kernel lock on it means anything, and Xapian never removes it. Unlinking it while it is held lets a second writer into the index.",
                Source = "xapian-core backends/flint_lock.cc: FlintLock::lock, FlintLock::release",
            },
        ],
    };
}

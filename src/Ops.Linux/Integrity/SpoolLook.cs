using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Looks at files of many messages: mbox, MMDF and Babyl. There is no index to compare with, only the rules of the format. Takes no lock and waits for none: what is locked, changes, or is on a file system that other
/// hosts write to is not judged.
/// </summary>
internal sealed class SpoolLook(MessageReader reader, AuditTally tally, ReadChoice choice, IReadOnlyList<Mount> mounts, TimeProvider clock)
{
    public const string MboxName = "mbox", MmdfName = "mmdf", BabylName = "babyl";

    /// <summary>An end that looks broken is judged when nothing has been written for so long: a program without a lock may be in the middle of a message.</summary>
    internal static readonly TimeSpan QuietBefore = TimeSpan.FromMinutes(10);

    private readonly ProcFiles _proc = new(new ReaderOptions());
    private readonly HashSet<FilePath> _spools = [];

    /// <summary>A root of this name holds the mailboxes of users and nothing else (FHS 3.0, section 5.11): a file there that begins as no message does is asked for one.</summary>
    public void NoteRoot(FilePath path)
    {
        if (path.Name.SequenceEqual("mail"u8))
            _spools.Add(path);
    }

    public static bool IsOne(string system) => system is MboxName or MmdfName or BabylName;

    /// <summary>A name of digits is one message of MH, or an article of news.</summary>
    public static bool MayBe(ReadOnlySpan<byte> name) => !name.EndsWith(".lock"u8) && name.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>Null for a file of another kind.</summary>
    public MailboxSight? Look(FileDescriptor directory, ReadOnlySpan<byte> name, FilePath path, LookScope scope)
    {
        if (!MayBe(name) || !directory.Stat(name).TryGet(out var status) || status.Kind != FileKind.Regular || status.Size == 0)
            return null;
        var file = status.As(path.Text) with { SeenAt = path };
        if (!reader.Part(directory, name, file, 0, SpoolHead.HeadBytes).TryGet(out var head, out var error))
            return Unread(path, error, scope);
        var format = SpoolHead.FormatOf(head);
        var odd = format is null && _spools.Contains(path.Parent) && MailboxFormats.Of(head) != MailboxFormat.Mbx;
        if (format is null && !odd)
            return null;
        var known = format ?? SpoolFormat.Mbox;
        if (scope.IsFirst && !odd)
            tally.Count(static c => c with { Mailboxes = c.Mailboxes + 1, Spools = c.Spools + 1 });
        if (!odd && scope.IsFirst && !choice.Full && !choice.Draws(0, file.Identity.Inode))
        {
            if (!reader.Part(directory, name, file, Math.Max(0, file.Size - SpoolHead.TailBytes), SpoolHead.TailBytes).TryGet(out var tail, out error))
                return Unread(path, error, scope);
            if (!SpoolHead.EndsOddly(known, tail))
                return Sight(known, path, []);
        }
        return Scanned(directory, name, path, file, known, odd, scope);
    }

    private MailboxSight? Scanned(FileDescriptor directory, ReadOnlySpan<byte> name, FilePath path, StoredFile file, SpoolFormat format, bool odd, LookScope scope)
    {
        var scan = new SpoolScan(format);
        if (!reader.Scan(directory, name, file, scan).TryGet(out _, out var error))
            return error == Errno.TryAgain ? Nothing(format, path, "in use, not judged: it changed while it was read") : Unread(path, error, scope);
        var sight = scan.Finish();
        // No message in it: a file that only happens to be there.
        if (odd && sight.Messages == 0)
            return null;
        if (scope.IsFirst)
            Count(sight, odd);
        if (sight.First is not { } first)
            return Sight(format, path, []);
        if (InUse(directory, name, file.Identity) is { } use)
            return Nothing(format, path, $"in use, not judged: {use}");
        if (first.Offset + first.Bytes >= file.Size && clock.GetUtcNow() - LastChange(file) < QuietBefore)
            return Nothing(format, path, "in use, not judged: its end was written less than 10 minutes ago");
        if (Mount.At(mounts, path) is not { IsLocal: true })
            return Nothing(format, path, "not judged: another host may be writing to it");
        return Sight(format, path, [new Suspect(CheckKind.Framing, file.Key, null, file) { Framing = new SpoolDamage(first, sight.Faults) }]);
    }

    private static DateTimeOffset LastChange(StoredFile file)
    {
        var (changed, modified) = (file.Changed.ToDateTimeOffset(), file.Modified.ToDateTimeOffset());
        return changed > modified ? changed : modified;
    }

    private void Count(SpoolSight sight, bool odd)
    {
        tally.Count(c => c with
        {
            Mailboxes = c.Mailboxes + (odd ? 1 : 0),
            Spools = c.Spools + (odd ? 1 : 0),
            SpoolsRead = c.SpoolsRead + 1,
            SpoolMessages = c.SpoolMessages + sight.Messages,
            SpoolRemarks = c.SpoolRemarks + sight.Remarks,
        });
    }

    /// <summary>Whether another process may be in the middle of a change: it has a lock, or the name of one is there.</summary>
    private string? InUse(FileDescriptor directory, ReadOnlySpan<byte> name, FileIdentity identity)
    {
        if (directory.Stat([.. name, .. ".lock"u8]).TryGet(out _, out var error) || error != Errno.NotFound)
            return "there is a lock file next to it";
        if (_proc.Read("locks"u8, out var text) is var unread && unread != Errno.None)
            return $"/proc/locks cannot be read: {unread}";
        // By the inode alone: the kernel names another device than stat does on some file systems.
        var locks = ProcLocks.Parse(text);
        if (locks.Unparsed.Count > 0)
            return "/proc/locks has lines that are not understood";
        return locks.Rows.Any(l => l.Device is not { } locked || locked.Inode == identity.Inode) ? "a process has it locked" : null;
    }

    private MailboxSight? Unread(FilePath path, Errno error, LookScope scope)
    {
        if (scope.IsFirst && error == Errno.TryAgain)
            tally.NotSeen(path, "in use, not judged: another file has its name now");
        else if (scope.IsFirst && error is not (Errno.NotFound or Errno.SymbolicLink))
            tally.NotSeen($"files that may be mailboxes could not be read ({error})");
        return null;
    }

    private static MailboxSight Sight(SpoolFormat format, FilePath path, IEnumerable<Suspect> suspects) => MailboxSight.Of(NameOf(format), path, null, suspects, []);

    private static MailboxSight Nothing(SpoolFormat format, FilePath path, string why) => MailboxSight.Nothing(NameOf(format), path, why);

    private static string NameOf(SpoolFormat format) => format switch
    {
        SpoolFormat.Mbox => MboxName,
        SpoolFormat.Mmdf => MmdfName,
        _ => BabylName,
    };
}

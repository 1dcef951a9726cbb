using Ops.Locks;

namespace Ops.Linux;

/// <summary>An OFD write lock and an exclusive flock on a mailbox, taken without waiting and held until disposed: whatever happens to the
/// dot lock's name in between, programs that take a kernel lock besides do not write. Nothing is ever written through it.</summary>
internal sealed class MailboxHold : IDisposable
{
    private readonly FileDescriptor _mailbox;

    private MailboxHold(FileDescriptor mailbox) => _mailbox = mailbox;

    public static MailboxHold? Take(FilePath root, FileFacts expected, out BreakDecision.Refused? refusal)
    {
        var directory = StoreDirectory.Open(root, expected.Path.Parent, out refusal);
        if (directory is null)
            return null;
        using (directory)
            return Take(directory.Here, expected, out refusal);
    }

    /// <summary>What is wrong with the first and last bytes of an mbox; null when it is whole. Half a message is normal after the crash of a
    /// delivery: the next delivery or the reader has to cope, and an administrator should know.</summary>
    public string? CheckBoundary()
    {
        // A second descriptor that leaves the access time alone: new-mail notices compare it with the modification time.
        if (!_mailbox.ReopenForReading().TryGet(out var file, out var error))
            return $"The mailbox's end was not checked: {FileLook.Words(error)}.";
        using (file)
        {
            if (!file.Stat().TryGet(out var status, out error))
                return $"The mailbox's end was not checked: {FileLook.Words(error)}.";
            if (status.Size == 0)
                return null;
            if (!file.ReadAt(0, 5).TryGet(out var start, out error) || !file.ReadAt(Math.Max(0, status.Size - 2), 2).TryGet(out var end, out error))
                return $"The mailbox's end was not checked: {FileLook.Words(error)}.";
            return (start.AsSpan().SequenceEqual("From "u8), end) switch
            {
                (false, _) => "The mailbox does not begin with a \"From \" line: it is damaged, or no mbox.",
                (_, [(byte)'\n', (byte)'\n']) => null,
                (_, [_, (byte)'\n']) => "The mailbox does not end with a blank line: the last message may be incomplete.",
                _ => "The mailbox does not end with a line break: the last message is incomplete.",
            };
        }
    }

    public void Dispose() => _mailbox.Dispose();

    private static MailboxHold? Take(FileDescriptor directory, FileFacts expected, out BreakDecision.Refused? refusal)
    {
        var path = expected.Path.Display;
        if (!directory.OpenPathOnly(expected.Path.Name).TryGet(out var pin, out var error))
        {
            refusal = error == Errno.NotFound
                ? new(Refusal.Changed, $"The mailbox {path} no longer exists.")
                : new(Refusal.System, $"The mailbox {path} cannot be examined: {FileLook.Words(error)}.");
            return null;
        }
        using (pin)
        {
            if (!pin.Stat().TryGet(out var status, out error))
            {
                refusal = new(Refusal.System, $"The mailbox {path} cannot be examined: {FileLook.Words(error)}.");
                return null;
            }
            if (status.Kind != FileKind.Regular)
            {
                refusal = new(Refusal.Hostile, $"The mailbox {path} is not a regular file.");
                return null;
            }
            if (status.Identity != expected.Identity)
            {
                refusal = new(Refusal.Changed, $"The mailbox {path} is a different file now.");
                return null;
            }
            if (!pin.ReopenForLocking().TryGet(out var mailbox, out error))
            {
                refusal = error == Errno.TryAgain
                    ? new(Refusal.InUse, $"A program holds a lease on the mailbox {path}.")
                    : new(Refusal.System, $"The mailbox {path} cannot be opened for locking: {FileLook.Words(error)}.");
                return null;
            }
            refusal = Lock(mailbox.TryOfdWriteLock(), "record lock", path) ?? Lock(mailbox.TryFlockExclusive(), "flock", path);
            if (refusal is null)
                return new MailboxHold(mailbox);
            mailbox.Dispose();
            return null;
        }
    }

    private static BreakDecision.Refused? Lock(Errno error, string kind, string path) => error switch
    {
        Errno.None => null,
        Errno.TryAgain => new(Refusal.InUse, $"Another process holds a {kind} on the mailbox {path}."),
        _ => new(Refusal.System, $"No {kind} can be taken on the mailbox {path}: {FileLook.Words(error)}."),
    };
}

using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Mailboxes by identity, as the last look at the stores found them: a session lock in <c>/tmp</c> names its mailbox by device and inode only.</summary>
/// <remarks>May be used from several threads.</remarks>
internal sealed class KnownMailboxes
{
    private readonly Lock _gate = new();
    private Dictionary<FileIdentity, FilePath> _paths = [];

    public FilePath? PathOf(FileIdentity mailbox)
    {
        lock (_gate)
            return _paths.TryGetValue(mailbox, out var path) ? path : null;
    }

    public void Replace(Dictionary<FileIdentity, FilePath> mailboxes)
    {
        lock (_gate)
            _paths = mailboxes;
    }

    /// <summary>Adds a file that was asked about: it need not be below a root.</summary>
    public void Remember(FilePath path)
    {
        if (!ArtefactReader.Stat(path).TryGet(out var file) || file.Kind != FileKind.Regular)
            return;
        lock (_gate)
            _paths = new(_paths) { [file.Identity] = path };
    }
}

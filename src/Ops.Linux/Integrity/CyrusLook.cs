using System.Buffers.Text;
using System.Text;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Looks at a Cyrus mailbox: index first, then the directory, then the messages that are chosen. Takes none of the server's locks.</summary>
internal sealed class CyrusLook(MessageReader reader, StagedNames staged, AuditTally tally, ReadBudget budget, ReadChoice choice, TimeProvider clock)
{
    public const string SystemName = "cyrus";

    public static ReadOnlySpan<byte> IndexName => "cyrus.index"u8;

    public MailboxSight Look(FileDescriptor directory, FilePath path, LookScope scope)
    {
        if (CyrusIndexFile.Read(directory, IndexName, budget, out var unread) is not { } index)
            return MailboxSight.Nothing(SystemName, path, unread);
        return Look(directory, path, index, scope) with { IndexVersion = index.Version.Minor };
    }

    private MailboxSight Look(FileDescriptor directory, FilePath path, CyrusIndex index, LookScope scope)
    {
        string? noExpunged = null;
        var expunged = index.Version.HasFileFlags ? null : CyrusIndexFile.Read(directory, "cyrus.expunge"u8, budget, out noExpunged);
        var files = Files(directory, path);
        var comparison = CyrusCheck.Compare(index, expunged, files, clock.GetUtcNow());
        if (comparison.AllMissing)
            return MailboxSight.Nothing(SystemName, path, $"none of the {comparison.Expected} messages that cyrus.index names is in this directory: they are kept in another partition, or all of them are lost");
        if (scope.IsFirst)
            Count(index, comparison);
        // Files of expunged messages are in an index that could not be read: then no file is known to be extra.
        List<Suspect> suspects = [.. comparison.Suspects.Where(s => scope.Covers(s.Key) && (noExpunged is null || s.Kind != CheckKind.Extra))];
        List<NamedMessage> shared = [];
        if (!index.IsDeleted)
            Read(directory, path, index, files, scope, suspects, shared);
        return MailboxSight.Of(SystemName, path, NameOf(directory), suspects, shared);
    }

    private void Count(CyrusIndex index, CyrusComparison comparison)
    {
        var missing = comparison.Suspects.Count(s => s.Kind == CheckKind.Missing);
        tally.Count(c => c with { Mailboxes = c.Mailboxes + 1, Messages = c.Messages + comparison.Expected - missing, Archived = c.Archived + comparison.Archived });
        for (var i = 0; i < index.Broken; i++)
            tally.NotSeen("records of cyrus.index have a wrong checksum of their own");
    }

    private void Read(
        FileDescriptor directory, FilePath path, CyrusIndex index, Dictionary<uint, StoredFile> files, LookScope scope, List<Suspect> suspects, List<NamedMessage> shared)
    {
        HashSet<string> wrongSize = [.. suspects.Where(s => s.Kind == CheckKind.Size).Select(s => s.Key)];
        foreach (var record in index.Records)
        {
            if (record.IsUnlinked || !files.TryGetValue(record.Uid, out var file))
                continue;
            var isStaged = staged.Note(file.Identity, path, file.Key);
            if (file.LinkCount > 1)
                shared.Add(new NamedMessage(path, file.Key, file.Identity, IndexClaim.Of(record)));
            if (!scope.Covers(file.Key))
                continue;
            if (wrongSize.Contains(file.Key))
                continue;
            if (record.Digest.IsZero)
            {
                if (scope.IsFirst)
                    tally.Count(static c => c with { WithoutDigest = c.WithoutDigest + 1 });
                continue;
            }
            var reason = scope.IsFirst ? choice.ReasonFor(index.UidValidity, record, file, isStaged) : ReadReason.Full;
            if (reason != ReadReason.None)
                Compare(directory, record, file, reason, scope, suspects);
        }
    }

    private void Compare(FileDescriptor directory, CyrusRecord record, StoredFile file, ReadReason reason, LookScope scope, List<Suspect> suspects)
    {
        if (!reader.Read(directory, Encoding.ASCII.GetBytes(file.Key), file, countLines: false).TryGet(out var bytes, out var error))
        {
            if (scope.IsFirst)
                Unread(error);
            return;
        }
        if (CyrusCheck.Content(record, file, bytes.Digest) is { } suspect)
            suspects.Add(suspect);
        if (!scope.IsFirst)
            return;
        tally.Read(reason);
        if (record.Digest == bytes.Digest && CyrusCheck.WasWrittenAgain(record, file))
            tally.Count(static c => c with { WrittenAgain = c.WrittenAgain + 1 });
    }

    private void Unread(Errno error)
    {
        // Removed since it was listed: there is nothing to read any more.
        if (error is not Errno.NotFound)
            tally.NotSeen(error == Errno.TryAgain ? "messages changed while they were read" : $"messages could not be read ({error})");
    }

    private Dictionary<uint, StoredFile> Files(FileDescriptor directory, FilePath path)
    {
        var files = new Dictionary<uint, StoredFile>();
        var error = Listing.ForEach(directory, (name, _, _) =>
        {
            budget.SpendLook();
            if (UidOf(name) is not { } uid || !directory.Stat(name).TryGet(out var status))
                return;
            if (status.Kind == FileKind.Regular)
                files[uid] = status.As(CyrusCheck.FileName(uid));
            else
                tally.NotSeen(path.Join(name), "it has the name of a message and is no regular file");
        });
        if (error != Errno.None)
            tally.NotSeen(path, $"cannot be listed to its end: {error}");
        return files;
    }

    // A leading zero would be another name for the same number: Cyrus writes none.
    public static uint? UidOf(ReadOnlySpan<byte> name) =>
        name is [>= (byte)'1' and <= (byte)'9', .., (byte)'.'] && Utf8Parser.TryParse(name, out uint uid, out var used) && used == name.Length - 1 ? uid : null;

    private static string? NameOf(FileDescriptor directory) => CyrusIndexFile.Header(directory) is { } header ? header.Name ?? header.UniqueId : null;
}

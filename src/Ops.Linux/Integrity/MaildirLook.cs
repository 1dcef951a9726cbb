using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Looks at a Maildir: the sizes that names and <c>dovecot-uidlist</c> say, against the files in <c>cur</c> and <c>new</c>.</summary>
internal sealed class MaildirLook(MessageReader reader, AuditTally tally, ReadBudget budget, ReadChoice choice)
{
    public const string SystemName = "maildir";

    /// <summary>Gets the size of every file that the first look meets; null while no <c>maildirsize</c> is to be compared.</summary>
    public MaildirSum? Sum { get; set; }

    /// <summary>Compares a Maildir's own <c>maildirsize</c> with the files, its folders among them.</summary>
    public void CompareSum(FileDescriptor directory, MaildirSum sum)
    {
        if (SteadyFile.Read(directory, "maildirsize"u8, MaildirSize.LimitBytes).TryGet(out var bytes) && MaildirSize.Parse(bytes).Value is { } said && !sum.Agrees(said))
            tally.Count(static c => c with { OtherSums = c.OtherSums + 1 });
    }

    public MailboxSight Look(FileDescriptor directory, FilePath path, LookScope scope)
    {
        var listed = Listed(directory, path, scope);
        List<Suspect> suspects = [];
        foreach (var part in (byte[][])[[.. "new"u8], [.. "cur"u8]])
        {
            if (!directory.OpenSubdirectory(part).TryGet(out var inner, out var error))
            {
                if (error is not (Errno.NotFound or Errno.NotADirectory or Errno.SymbolicLink))
                    tally.NotSeen(path.Join(part), $"cannot be opened: {error}");
                continue;
            }
            using (inner)
                Look(inner, path.Join(part), listed, scope, suspects);
        }
        if (scope.IsFirst)
            tally.Count(static c => c with { Mailboxes = c.Mailboxes + 1 });
        // A message that moved from new to cur between the two listings was seen twice, and is the same.
        return MailboxSight.Of(SystemName, path, null, suspects.DistinctBy(s => (s.Key, s.Kind)), []);
    }

    private void Look(FileDescriptor directory, FilePath path, Dictionary<string, UidListEntry> listed, LookScope scope, List<Suspect> suspects)
    {
        List<byte[]> names = [];
        var error = Listing.ForEach(directory, (name, _, kind) =>
        {
            if (name is not [(byte)'.', ..] && kind is FileKind.Regular or FileKind.Unknown)
                names.Add(name.ToArray());
        });
        if (error != Errno.None)
            tally.NotSeen(path, $"cannot be listed to its end: {error}");
        foreach (var raw in names)
        {
            budget.SpendLook();
            var name = MaildirName.Parse(raw);
            if (!scope.Covers(name.Unique))
                continue;
            var entry = listed.GetValueOrDefault(name.Unique);
            if (scope.IsFirst && Sum is { } sum && directory.Stat(raw).TryGet(out var there) && there.Kind == FileKind.Regular)
                sum.Add(path.Parent.Name.SequenceEqual(".Trash"u8), raw, name.Size, there.Size);
            if ((name.Size ?? entry?.Size ?? name.LineSize ?? entry?.LineSize) is null)
            {
                if (scope.IsFirst)
                    tally.Count(static c => c with { WithoutSize = c.WithoutSize + 1 });
                continue;
            }
            if (directory.Stat(raw).TryGet(out var status) && status.Kind == FileKind.Regular)
            {
                var file = status.As(name.Unique) with { SeenAt = path.Join(raw) };
                Compare(directory, raw, name, entry, file, scope, suspects);
            }
        }
    }

    private void Compare(FileDescriptor directory, byte[] raw, MaildirName name, UidListEntry? entry, StoredFile file, LookScope scope, List<Suspect> suspects)
    {
        var suspect = MaildirCheck.Size(name, entry, file);
        var reads = suspect is null && (name.LineSize ?? entry?.LineSize) is not null && (!scope.IsFirst || choice.Full || choice.Draws(0, file.Identity.Inode));
        if (scope.IsFirst)
        {
            tally.Count(static c => c with { Messages = c.Messages + 1 });
            if ((name.LineSize ?? entry?.LineSize) is null)
                tally.Count(static c => c with { WithoutDigest = c.WithoutDigest + 1 });
        }
        if (suspect is not null || reads)
        {
            if (!reader.Head(directory, raw, MaildirCheck.HeadBytes).TryGet(out var head, out var error))
            {
                Unread(error, scope);
                return;
            }
            if (MaildirCheck.IsEncoded(head))
            {
                if (scope.IsFirst)
                    tally.Count(static c => c with { Encoded = c.Encoded + 1 });
                return;
            }
        }
        if (suspect is not null)
            suspects.Add(suspect);
        if (!reads)
            return;
        if (!reader.Read(directory, raw, file, countLines: true).TryGet(out var bytes, out var unread))
        {
            Unread(unread, scope);
            return;
        }
        if (scope.IsFirst)
            tally.Read(choice.Full ? ReadReason.Full : ReadReason.Sample);
        if (MaildirCheck.Lines(name, entry, file, bytes.LineSize) is { } lines)
            suspects.Add(lines);
    }

    private void Unread(Errno error, LookScope scope)
    {
        if (scope.IsFirst && error is not Errno.NotFound)
            tally.NotSeen(error == Errno.TryAgain ? "messages changed while they were read" : $"messages could not be read ({error})");
    }

    private Dictionary<string, UidListEntry> Listed(FileDescriptor directory, FilePath path, LookScope scope)
    {
        if (!SteadyFile.Read(directory, "dovecot-uidlist"u8, UidList.LimitBytes).TryGet(out var bytes, out var error))
        {
            if (scope.IsFirst && error is not Errno.NotFound)
                tally.NotSeen(path.Join("dovecot-uidlist"), $"not read: {error}");
            return [];
        }
        var reading = UidList.Parse(bytes);
        if (reading.Refusal is { } refusal && scope.IsFirst)
            tally.NotSeen(path.Join("dovecot-uidlist"), $"cannot be understood: {refusal.Fault} ({refusal.Detail})");
        return (reading.Value?.Entries ?? []).GroupBy(e => e.Unique, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);
    }
}

using System.Buffers.Text;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Looks at the files of a mailbox of Dovecot's single-dbox. Which messages there should be is in Dovecot's index, which is not read: each file is compared with what it says of itself.</summary>
internal sealed class DboxLook(MessageReader reader, AuditTally tally, ReadChoice choice)
{
    public const string SystemName = "sdbox";

    /// <summary>Name of the directory that holds the messages of a mailbox.</summary>
    public static ReadOnlySpan<byte> DirectoryName => "dbox-Mails"u8;

    public MailboxSight Look(FileDescriptor directory, FilePath path, LookScope scope)
    {
        List<Suspect> suspects = [];
        List<(byte[] Name, uint Uid)> files = [];
        var error = Listing.ForEach(directory, (name, _, kind) =>
        {
            if (UidOf(name) is { } uid && kind is FileKind.Regular or FileKind.Unknown)
                files.Add((name.ToArray(), uid));
        });
        if (error != Errno.None)
            tally.NotSeen(path, $"cannot be listed to its end: {error}");
        foreach (var (name, uid) in files)
        {
            var key = System.Text.Encoding.ASCII.GetString(name);
            if (scope.Covers(key) && directory.Stat(name).TryGet(out var status) && status.Kind == FileKind.Regular)
                Compare(directory, name, uid, status.As(key), scope, suspects);
        }
        if (scope.IsFirst)
            tally.Count(static c => c with { Mailboxes = c.Mailboxes + 1 });
        return MailboxSight.Of(SystemName, path, null, suspects, []);
    }

    public static uint? UidOf(ReadOnlySpan<byte> name) =>
        name is [(byte)'u', (byte)'.', >= (byte)'1' and <= (byte)'9', ..] && Utf8Parser.TryParse(name[2..], out uint uid, out var used) && used == name.Length - 2 ? uid : null;

    private void Compare(FileDescriptor directory, byte[] name, uint uid, StoredFile file, LookScope scope, List<Suspect> suspects)
    {
        if (!reader.Part(directory, name, file, 0, DboxHead.LimitBytes).TryGet(out var first, out var error))
        {
            Unread(error, scope);
            return;
        }
        if (DboxHead.Parse(first).Value is not { } head)
        {
            if (scope.IsFirst)
                tally.NotSeen("files of sdbox whose header cannot be understood");
            return;
        }
        var end = DboxCheck.EndOf(head);
        Reading<DboxTail>? behind = null;
        if (end <= file.Size)
        {
            if (!reader.Part(directory, name, file, end, DboxTail.LimitBytes).TryGet(out var last, out error))
            {
                Unread(error, scope);
                return;
            }
            behind = DboxTail.Parse(last);
        }
        if (scope.IsFirst)
            tally.Count(static c => c with { Messages = c.Messages + 1 });
        if (DboxCheck.Size(uid, head, behind, file) is { } suspect)
            suspects.Add(suspect);
        else
            CompareBytes(directory, name, uid, file, head, behind?.Value, scope, suspects);
    }

    private void CompareBytes(FileDescriptor directory, byte[] name, uint uid, StoredFile file, DboxHead head, DboxTail? tail, LookScope scope, List<Suspect> suspects)
    {
        // Compressed, or with attachments taken out: its sizes are those of another form.
        if (tail is not { LineSize: not null, PlainSize: null })
        {
            if (scope.IsFirst && tail?.PlainSize is not null)
                tally.Count(static c => c with { Encoded = c.Encoded + 1 });
            else if (scope.IsFirst)
                tally.Count(static c => c with { WithoutDigest = c.WithoutDigest + 1 });
            return;
        }
        if (scope.IsFirst && !choice.Full && !choice.Draws(0, file.Identity.Inode))
            return;
        if (!reader.CountLines(directory, name, file, head.ContentAt, head.Size).TryGet(out var counted, out var error))
        {
            Unread(error, scope);
            return;
        }
        if (scope.IsFirst)
            tally.Read(choice.Full ? ReadReason.Full : ReadReason.Sample);
        if (DboxCheck.Lines(uid, tail, file, counted) is { } lines)
            suspects.Add(lines);
    }

    private void Unread(Errno error, LookScope scope)
    {
        if (scope.IsFirst && error is not Errno.NotFound)
            tally.NotSeen(error == Errno.TryAgain ? "messages changed while they were read" : $"messages could not be read ({error})");
    }
}

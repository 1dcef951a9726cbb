using System.Security.Cryptography;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>One file without a name to save.</summary>
/// <param name="Target">Absolute path of the file to make. Must not exist; its directory must.</param>
/// <param name="Expected">The file behind the descriptor as it was judged; null to take what is there.</param>
public sealed record RescuePlan(ProcessIdentity Process, int Descriptor, FilePath Target, FileIdentity? Expected = null);

public abstract partial record ActOutcome
{
    /// <param name="Sha256">Of the saved file, holes as zeros; hex.</param>
    /// <param name="Messages">0 when it is no mbox.</param>
    /// <param name="Missing">Messages that the live mailbox does not hold; at most <see cref="Rescue.ListLimit"/>.</param>
    /// <param name="MissingCount">All of them.</param>
    /// <param name="Notes">What an administrator must know: the writer went on writing, the mailbox could not be compared.</param>
    public sealed record Saved(
        OpenDescriptor Ghost, long Bytes, string Sha256, int Messages, IReadOnlyList<MboxMessage> Missing, int MissingCount, IReadOnlyList<string> Notes) : ActOutcome;
}

/// <summary>Saves the bytes that a process wrote to a file whose path names it no more, through the process's own descriptor. Reads only; nothing is delivered anywhere.</summary>
public sealed class Rescue(ProcReader processes)
{
    /// <summary>How many missing messages are listed.</summary>
    public const int ListLimit = 500;

    private const int PieceBytes = 1024 * 1024;
    private const int Attempts = 3;
    private const uint OwnerReadWrite = 0x180;

    /// <param name="verify">Judges what is open behind the descriptor; null to go on.</param>
    public ActOutcome Run(RescuePlan plan, Func<OpenDescriptor, BreakDecision.Refused?> verify, IProgress<ActStep>? progress = null)
    {
        var steps = new ActProgress(progress);
        steps.Begin(1, $"Open descriptor {plan.Descriptor} of pid {plan.Process.Pid} for reading");
        if (!processes.OpenDescriptor(plan.Process, plan.Descriptor).TryGet(out var opened, out var error))
        {
            steps.Failed(FileLook.Words(error));
            return error switch
            {
                Errno.NotFound or Errno.NoSuchProcess => new ActOutcome.AlreadyGone(),
                Errno.BadDescriptor => new ActOutcome.Refused(Refusal.Hostile, $"Descriptor {plan.Descriptor} of pid {plan.Process.Pid} is not a regular file."),
                _ => new ActOutcome.Refused(Refusal.System, $"Descriptor {plan.Descriptor} of pid {plan.Process.Pid} cannot be opened: {FileLook.Words(error)}."),
            };
        }
        using var ghost = opened.File;
        if (!ghost.Stat().TryGet(out var status, out error) || status.Identity != opened.Seen.File || (plan.Expected is { } expected && expected != status.Identity))
            return Refuse(steps, new(Refusal.Changed, "Another file is behind that descriptor now."));
        if (opened.Seen.State is not (PathState.Replaced or PathState.Deleted) && status.LinkCount > 0)
        {
            return Refuse(steps, opened.Seen.State == PathState.Current
                ? new(Refusal.NotOffered, $"{opened.Seen.Path?.Display ?? "Its path"} still names this file: nothing is being lost.")
                : new(Refusal.OwnerUnknown, "Whether its path still names this file could not be determined."));
        }

        return verify(opened.Seen) is { } refused ? Refuse(steps, refused) : Save(plan, opened.Seen, ghost, steps);
    }

    private static ActOutcome.Refused Refuse(ActProgress steps, BreakDecision.Refused refused)
    {
        steps.Failed(refused.Sentence);
        return new ActOutcome.Refused(refused.Reason, refused.Sentence);
    }

    private static ActOutcome Save(RescuePlan plan, OpenDescriptor seen, FileDescriptor ghost, ActProgress steps)
    {
        steps.Begin(2, $"Make {plan.Target.Display}, readable by this user alone");
        if (!FileDescriptor.OpenDirectoryFollowingLinks(plan.Target.Parent.Bytes).TryGet(out var directory, out var error))
            return Refuse(steps, new(Refusal.System, $"{plan.Target.Parent.Display} cannot be opened: {FileLook.Words(error)}."));
        using (directory)
        {
            if (!directory.CreateExclusive(plan.Target.Name, OwnerReadWrite).TryGet(out var target, out error))
                return Refuse(steps, new(Refusal.System, $"{plan.Target.Display} cannot be made: {FileLook.Words(error)}."));
            using (target)
            {
                var outcome = Fill(plan, seen, ghost, target, directory, steps);
                if (outcome is ActOutcome.Failed && directory.Stat(plan.Target.Name).TryGet(out var there) && target.Stat().TryGet(out var ours) && there.Identity == ours.Identity)
                    _ = directory.Unlink(plan.Target.Name);
                return outcome;
            }
        }
    }

    private static ActOutcome Fill(RescuePlan plan, OpenDescriptor seen, FileDescriptor ghost, FileDescriptor target, FileDescriptor directory, ActProgress steps)
    {
        var notes = new List<string>();
        var error = target.SetPermissions(OwnerReadWrite);
        steps.Begin(3, "Copy the bytes, holes as holes");
        var isStill = false;
        for (var attempt = 1; error == Errno.None && attempt <= Attempts && !isStill; attempt++)
            error = Copy(ghost, target, out isStill);
        error = error == Errno.None ? target.Fsync() : error;
        error = error == Errno.None ? directory.Fsync() : error;
        if (error != Errno.None)
            return Fail(steps, $"The copy failed: {FileLook.Words(error)}. Nothing was kept.");
        if (!isStill)
            notes.Add("The process went on writing while it was copied: what came last may be missing or half written. Rescue again when it is idle.");
        steps.Begin(4, "Read it once more: hash and messages");
        var saved = new List<MboxMessage>();
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        error = ReadMbox(target, saved.Add, sha, out var bytes);
        if (error != Errno.None)
            return Fail(steps, $"The copy cannot be read again: {FileLook.Words(error)}. Nothing was kept.");
        if (saved.Count == 0 && bytes > 0)
            notes.Add("It is no mbox: messages were not counted.");
        steps.Begin(5, "See which messages the mailbox does not have");
        var missing = Missing(seen, saved, notes);
        steps.Done($"{missing.Count} of {saved.Count}");
        return new ActOutcome.Saved(
            seen, bytes, Convert.ToHexStringLower(sha.GetHashAndReset()), saved.Count, [.. missing.Take(ListLimit)], missing.Count, notes);
    }

    private static ActOutcome.Failed Fail(ActProgress steps, string sentence)
    {
        steps.Failed(sentence);
        return new ActOutcome.Failed(sentence);
    }

    /// <param name="isStill">Whether size and modification time stood still in between.</param>
    private static Errno Copy(FileDescriptor ghost, FileDescriptor target, out bool isStill)
    {
        isStill = false;
        var error = target.Truncate(0);
        if (error != Errno.None || !ghost.Stat().TryGet(out var before, out error))
            return error;
        for (long at = 0; at < before.Size;)
        {
            if (Data(ghost, at, before.Size, out var end, out error) is not { } start)
            {
                if (error != Errno.None)
                    return error;
                break;
            }
            for (at = start; at < end;)
            {
                if (!ghost.ReadAt(at, (int)Math.Min(PieceBytes, end - at)).TryGet(out var piece, out error))
                    return error;
                if (piece.Length == 0)
                    break; // it became shorter in between
                error = target.WriteAt(at, piece);
                if (error != Errno.None)
                    return error;
                at += piece.Length;
            }
            at = end;
        }
        if (!ghost.Stat().TryGet(out var after, out error))
            return error;
        isStill = after.Size == before.Size && after.ModifiedAt == before.ModifiedAt;
        return target.Truncate(Math.Min(before.Size, after.Size));
    }

    private static long? Data(FileDescriptor file, long from, long size, out long end, out Errno error)
    {
        end = size;
        if (!file.NextData(from).TryGet(out var start, out error))
        {
            if (error != Errno.InvalidArgument)
                return null;
            error = Errno.None;
            return from; // this file system does not say: all of it is data
        }
        if (start is { } data && file.NextHole(data).TryGet(out var hole, out error))
            end = Math.Min(hole, size);
        return start < size ? start : null;
    }

    private static List<MboxMessage> Missing(OpenDescriptor seen, List<MboxMessage> saved, List<string> notes)
    {
        if (saved.Count == 0)
            return [];
        var live = new MailboxComparison();
        if (seen.State == PathState.Deleted || seen.Path is not { } path)
        {
            notes.Add("There is no mailbox of this name now: all messages are listed.");
        }
        else if (ReadLive(path, live.Add) is var error && error != Errno.None)
        {
            live = new MailboxComparison();
            notes.Add($"The mailbox {path.Display} could not be compared ({FileLook.Words(error)}): all messages are listed, and some may be there.");
        }
        return [.. saved.Where(m => !live.TryMatch(m))];
    }

    private static Errno ReadLive(FilePath path, Action<MboxMessage> found)
    {
        if (!FileDescriptor.OpenDirectory(path.Parent.Bytes).TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            if (!directory.OpenPathOnly(path.Name).TryGet(out var pin, out error))
                return error;
            using (pin)
            {
                if (!pin.Stat().TryGet(out var status, out error))
                    return error;
                if (status.Kind != FileKind.Regular)
                    return Errno.BadDescriptor;
                if (!pin.ReopenForReading().TryGet(out var file, out error))
                    return error;
                using (file)
                    return ReadMbox(file, found, null, out _);
            }
        }
    }

    private static Errno ReadMbox(FileDescriptor file, Action<MboxMessage> found, IncrementalHash? hash, out long bytes)
    {
        using var reader = new MboxReader(found);
        for (bytes = 0; ;)
        {
            if (!file.ReadAt(bytes, PieceBytes).TryGet(out var piece, out var error))
                return error;
            if (piece.Length == 0)
            {
                reader.End();
                return Errno.None;
            }
            hash?.AppendData(piece);
            reader.Read(piece);
            bytes += piece.Length;
        }
    }
}

/// <summary>Reads what was saved.</summary>
public static class RescuedBytes
{
    /// <summary>A part of a file in a directory of ours; never follows a link at its end.</summary>
    public static Result<(byte[] Bytes, long Total)> Read(FilePath path, long offset, int count)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(path.Parent.Bytes).TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            if (!directory.OpenForReading(path.Name).TryGet(out var file, out error))
                return error;
            using (file)
            {
                return !file.Stat().TryGet(out var status, out error) || status.Kind != FileKind.Regular
                    ? (error == Errno.None ? Errno.BadDescriptor : error)
                    : file.ReadAt(offset, count).TryGet(out var bytes, out error) ? (bytes, status.Size) : error;
            }
        }
    }
}

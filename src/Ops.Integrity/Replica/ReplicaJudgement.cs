using System.Globalization;

namespace Ops.Integrity;

/// <summary>A message's file on this host, read because two indexes differ.</summary>
public sealed record ReplicaFile(FilePath Path, StoredFile File, MessageGuid Digest);

/// <summary>Which side of a difference is right, as far as one host can say.</summary>
public enum RightSide
{
    /// <summary>Nothing decides.</summary>
    Unknown,

    /// <summary>This host.</summary>
    Here,

    /// <summary>The other one.</summary>
    There,

    /// <summary>Both indexes are contradicted by the bytes here.</summary>
    Neither,
}

/// <summary>A difference with what was found out about it on this host.</summary>
public sealed record ReplicaJudgement(ReplicaDifference Difference, ReplicaFile? File, RightSide Right, IReadOnlyList<string> Evidence, string Next);

/// <summary>Says which side is right: by index, by hash, by time.</summary>
public static class ReplicaJudge
{
    /// <param name="file">Null where this host has none, and where it could not be read.</param>
    public static ReplicaJudgement Of(ReplicaDifference difference, ReplicaFile? file, string otherHost) => new(difference, file, Side(difference, file), Evidence(difference, file, FilePath.Escape(otherHost)), Next(difference));

    private static RightSide Side(ReplicaDifference difference, ReplicaFile? file)
    {
        if (difference is not { Check: ReplicaCheck.Content, Here: { } here, There: { } there } || file is null)
            return RightSide.Unknown;
        if (Is(there, file) && !Is(here, file))
            return RightSide.There;
        if (!Is(here, file))
            return there.Digest.IsZero ? RightSide.Unknown : RightSide.Neither;
        // Index and bytes agree here, which they do after reconstruct, too. A file that was written after the message arrived is a sign against it.
        return WasWrittenAgain(here, file) ? RightSide.There : RightSide.Unknown;
    }

    private static bool Is(ReplicaRecord record, ReplicaFile file) => record.Size == (ulong)file.File.Size && !record.Digest.IsZero && record.Digest == file.Digest;

    private static bool WasWrittenAgain(ReplicaRecord record, ReplicaFile file) => record.InternalDate != 0 && record.InternalDate != file.File.Modified.Seconds;

    private static List<string> Evidence(ReplicaDifference difference, ReplicaFile? file, string host)
    {
        List<string> seen = difference switch
        {
            { Check: ReplicaCheck.MailboxOnlyHere } => [$"The digest of {host} has no mailbox with this uniqueid."],
            { Check: ReplicaCheck.MailboxOnlyThere } => [$"{host} has this mailbox, and there is none with its uniqueid here."],
            { Check: ReplicaCheck.UidValidity } => [$"The UID validity differs from that on {host}: the same UID may be another message there, so messages were not compared."],
            { Check: ReplicaCheck.Block } => [Text($"Something differs among UIDs {difference.Uid} to {difference.Uid + 255}; the digest of {host} has only their hash.")],
            { Here: { } here, There: { } there } => [$"By index: here {Record(here)}; on {host} {Record(there)}. A UID is never given to another message: one of the two is wrong."],
            { Here: { } here } => [$"By index: here {Record(here)}; {host} had given out higher UIDs and has no such record."],
            { There: { } there } => [$"By index: on {host} {Record(there)}; here higher UIDs were given out, and there is no such record."],
            _ => [],
        };
        if (file is not null && difference.Here is { } mine)
        {
            seen.Add(difference.There is { } their && Is(their, file) && !Is(mine, file)
                ? $"By hash: the bytes here are what the index of {host} says, and not what the index here says."
                : Is(mine, file) ? "By hash: the bytes here are what the index here says. After reconstruct they would be, too." : $"By hash: the bytes here are {file.Digest}, which the index here does not say.");
            seen.Add(WasWrittenAgain(mine, file)
                ? $"By time: the file was written {Time(file.File.Modified.Seconds)}, and the message arrived {Time(mine.InternalDate)}."
                : "By time: the file is as old as the message.");
        }
        else if (difference.Here is not null)
        {
            seen.Add("The file here is missing or could not be read.");
        }
        return seen;
    }

    private static string Next(ReplicaDifference difference) => difference.Check switch
    {
        ReplicaCheck.Content => "Do not run reconstruct or sync_client on either side before the message was looked at on both: replication copies the side that is asked for. Take the digest of the other side as well and compare there.",
        ReplicaCheck.OnlyThere => "Look for a new message at the end of the mailbox here: reconstruct -G -R gives a message with other bytes a new UID. Keep the other host's file until that is known.",
        ReplicaCheck.OnlyHere => "Look on the other host for a new message at the end of the mailbox: reconstruct -G -R gives a message with other bytes a new UID. Keep the file here until that is known.",
        ReplicaCheck.Block => "Run ops audit-store --against with the digest of this host there, or take a whole digest there.",
        ReplicaCheck.UidValidity => "Find out which side made the mailbox again before either is replicated.",
        _ => "Find out whether the mailbox was made or removed a moment ago, and whether replication runs.",
    };

    private static string Record(ReplicaRecord record) => Text($"{record.Size} bytes, {(record.Digest.IsZero ? "no GUID" : $"sha1 {record.Digest}")}, record written {Time(record.Updated)}");

    private static string Time(long seconds) => seconds is >= 0 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) : Text($"at {seconds}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

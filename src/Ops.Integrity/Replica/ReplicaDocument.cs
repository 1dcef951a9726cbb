namespace Ops.Integrity;

/// <summary>A comparison with another host as JSON: what <c>ops audit-store --against --json</c> prints. Fields are only ever added.</summary>
/// <param name="OtherHost">As its digest says.</param>
/// <param name="OtherTakenAt">When the other host read its indexes.</param>
/// <param name="OtherConfirmedAt">When it read them again for a second digest; null without one.</param>
/// <param name="State"><c>different</c>, <c>incomplete</c> (no difference, and something was not seen) or <c>equal</c>.</param>
/// <param name="Newer">Messages above the last UID of the other host: on their way, or waiting for a replication that does not run.</param>
/// <param name="Settled">Differences that the second look at this host, or the second digest of the other one, did not confirm.</param>
public sealed record ReplicaDocument(
    string Host, string OtherHost, DateTimeOffset OtherTakenAt, DateTimeOffset? OtherConfirmedAt, string State, string Sentence, int Mailboxes, int EqualMailboxes, long Messages, long Newer, int Settled, IReadOnlyList<ReplicaLine> Differences,
    IReadOnlyList<string> NotSeen)
{
    /// <param name="later">A second digest of the other host.</param>
    /// <param name="first">Before the second look, which left those that are judged.</param>
    public static ReplicaDocument Of(ReplicaDigest here, ReplicaDigest there, ReplicaDigest? later, ReplicaComparison first, IReadOnlyList<ReplicaJudgement> judged, IReadOnlyList<string> notSeen)
    {
        var unseenThere = Math.Max(there.NotSeen, later?.NotSeen ?? 0);
        IReadOnlyList<string> unseen = [.. notSeen, .. unseenThere > 0 ? [$"{ReportWords.Count(unseenThere, "place")} on {FilePath.Escape(there.Host)}"] : Array.Empty<string>()];
        var state = judged.Count > 0 ? "different" : unseen.Count > 0 ? "incomplete" : "equal";
        var settled = first.Differences.Count - judged.Count;
        var differing = judged.Select(j => j.Difference.UniqueId).Distinct(StringComparer.Ordinal).Count();
        var sentence = FormattableString.Invariant($"{MailboxCount(here.Mailboxes.Count)} with {ReportWords.Count(first.Messages, "message")} compared with {FilePath.Escape(there.Host)} as it was at {there.TakenAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z: ")
            + (judged.Count == 0 ? "no difference." : $"{ReportWords.Count(judged.Count, "difference")} in {MailboxCount(differing)}.")
            + (first.Newer > 0 ? $" Not counted: {ReportWords.Count(first.Newer, "message")} above the last UID of the other side." : "");
        return new ReplicaDocument(
            here.Host, there.Host, there.TakenAt, later?.TakenAt, state, sentence, here.Mailboxes.Count, first.Equal, first.Messages, first.Newer, settled, [.. judged.Select(LineOf)], unseen);
    }

    /// <summary>The word of the public language.</summary>
    public static string WordOf(ReplicaCheck check) => check switch
    {
        ReplicaCheck.Content => "content",
        ReplicaCheck.OnlyHere => "only-here",
        ReplicaCheck.OnlyThere => "only-there",
        ReplicaCheck.MailboxOnlyHere => "mailbox-only-here",
        ReplicaCheck.MailboxOnlyThere => "mailbox-only-there",
        ReplicaCheck.UidValidity => "uid-validity",
        ReplicaCheck.Block => "block",
        _ => throw new ArgumentOutOfRangeException(nameof(check)),
    };

    /// <summary>The word of the public language.</summary>
    public static string WordOf(RightSide side) => side switch
    {
        RightSide.Here => "here",
        RightSide.There => "there",
        RightSide.Neither => "neither",
        _ => "unknown",
    };

    private static string MailboxCount(int number) => ReportWords.Count(number, "mailbox", "mailboxes");

    private static ReplicaLine LineOf(ReplicaJudgement judged) => new(
        WordOf(judged.Difference.Check), judged.Difference.UniqueId, judged.Difference.Mailbox, judged.Difference.Uid, judged.File?.Path.Text, SideOf(judged.Difference.Here), SideOf(judged.Difference.There),
        judged.File?.Digest.ToString(), WordOf(judged.Right), judged.Evidence, judged.Next);

    private static ReplicaRecordLine? SideOf(ReplicaRecord? record) => record is { } known
        ? new ReplicaRecordLine((long)Math.Min(known.Size, long.MaxValue), known.Digest.IsZero ? null : known.Digest.ToString(), known.Updated, known.InternalDate)
        : null;
}

/// <param name="Check"><c>content</c>, <c>only-here</c>, <c>only-there</c>, <c>mailbox-only-here</c>, <c>mailbox-only-there</c>, <c>uid-validity</c> or <c>block</c>.</param>
/// <param name="Uid">Null for a mailbox; the first of 256 for a block.</param>
/// <param name="Path">The file on this host; null where it was not read.</param>
/// <param name="Sha1OfBytes">Of that file.</param>
/// <param name="Right">Which side is right, as far as this host can say: <c>here</c>, <c>there</c>, <c>neither</c> or <c>unknown</c>.</param>
public sealed record ReplicaLine(
    string Check, string UniqueId, string Mailbox, long? Uid, string? Path, ReplicaRecordLine? Here, ReplicaRecordLine? There, string? Sha1OfBytes, string Right, IReadOnlyList<string> Evidence, string Next);

/// <param name="Updated">Seconds since 1970.</param>
/// <param name="InternalDate">Seconds since 1970.</param>
public sealed record ReplicaRecordLine(long Size, string? Sha1, long Updated, long InternalDate);

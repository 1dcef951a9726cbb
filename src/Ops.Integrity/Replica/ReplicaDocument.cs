namespace Ops.Integrity;

/// <summary>A comparison with another host as JSON: what <c>ops audit-store --against --json</c> prints. Fields are only ever added.</summary>
/// <param name="OtherHost">As its digest says.</param>
/// <param name="OtherTakenAt">When the other host read its indexes.</param>
/// <param name="State"><c>different</c>, <c>incomplete</c> (no difference, and something was not seen) or <c>equal</c>.</param>
/// <param name="Newer">Messages above the last UID of the other host: on their way, or waiting for a replication that does not run.</param>
/// <param name="Settled">Differences that the second look at this host did not confirm.</param>
public sealed record ReplicaDocument(
    string Host, string OtherHost, DateTimeOffset OtherTakenAt, string State, string Sentence, int Mailboxes, int EqualMailboxes, long Messages, long Newer, int Settled, IReadOnlyList<ReplicaLine> Differences,
    IReadOnlyList<string> NotSeen)
{
    /// <param name="first">Before the second look, which left those that are judged.</param>
    public static ReplicaDocument Of(ReplicaDigest here, ReplicaDigest there, ReplicaComparison first, IReadOnlyList<ReplicaJudgement> judged, IReadOnlyList<string> notSeen)
    {
        IReadOnlyList<string> unseen = [.. notSeen, .. there.NotSeen > 0 ? [FormattableString.Invariant($"{there.NotSeen} places on {FilePath.Escape(there.Host)}")] : Array.Empty<string>()];
        var state = judged.Count > 0 ? "different" : unseen.Count > 0 ? "incomplete" : "equal";
        var settled = first.Differences.Count - judged.Count;
        var differing = judged.Select(j => j.Difference.UniqueId).Distinct(StringComparer.Ordinal).Count();
        var sentence = FormattableString.Invariant($"{here.Mailboxes.Count:#,0} mailboxes with {first.Messages:#,0} messages compared with {FilePath.Escape(there.Host)}: ")
            + (judged.Count == 0 ? "no difference." : FormattableString.Invariant($"{judged.Count:#,0} differences in {differing:#,0} mailboxes."))
            + (first.Newer > 0 ? FormattableString.Invariant($" {first.Newer:#,0} messages are newer than the last UID of the other side.") : "");
        return new ReplicaDocument(
            here.Host, there.Host, there.TakenAt, state, sentence, here.Mailboxes.Count, first.Equal, first.Messages, first.Newer, settled, [.. judged.Select(LineOf)], unseen);
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

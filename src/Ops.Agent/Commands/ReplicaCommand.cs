using System.Globalization;
using System.Text.Json;
using Ops.Integrity;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops audit-store --digest</c> and <c>--against</c>: whether two hosts have the same messages.</summary>
/// <param name="Digest">Where to write what this host has; with <paramref name="Against"/>, only what differs. <c>-</c> is standard output.</param>
/// <param name="Brief">A hash for 256 UIDs in place of each message.</param>
/// <param name="Against">What another host wrote, and what it wrote later; <c>-</c> is standard input.</param>
internal sealed record ReplicaFiles(string? Digest, bool Brief, IReadOnlyList<string> Against)
{
    public const string Standard = "-";
}

internal static class ReplicaCommand
{
    public static int Run(AgentSettings settings, Terminal terminal, bool json, TableShape shape, AuditOptions options, ReplicaFiles files, CancellationToken stop)
    {
        List<ReplicaDigest> others = [];
        foreach (var against in files.Against)
        {
            var (digest, refusal) = Read(against);
            if (digest is null)
            {
                terminal.Remark($"ops: {(against == ReplicaFiles.Standard ? "standard input" : FilePath.Escape(against))} was not used: {refusal?.TrimEnd('.')}. Nothing was compared.");
                return ExitCode.Failed;
            }
            others.Add(digest);
        }
        var (there, later) = (others.ElementAtOrDefault(0), others.ElementAtOrDefault(1));
        if (there is not null && later is not null && ReplicaCompare.WhyNoConfirmation(there, later) is { } reason)
        {
            terminal.Remark($"ops: the second digest cannot confirm the first: {reason}.");
            return ExitCode.Failed;
        }
        var roots = settings.MailboxRoots;
        var look = new ReplicaLook(options, TimeProvider.System, new MountProbe().Silent(new MountReader().Read().Mounts, roots), stop);
        var here = look.Take(roots, settings.HostName);
        if (files.Digest is { } path && Write(path, there is null ? here : ReplicaCompare.Answer(here, later ?? there), files.Brief) is { } failure)
        {
            terminal.Remark($"ops: {FilePath.Escape(path)} cannot be written: {failure}");
            return ExitCode.Failed;
        }
        if (there is null)
        {
            foreach (var unseen in look.NotSeen)
                terminal.Remark($"ops: not seen: {unseen}");
            terminal.Remark(string.Create(CultureInfo.InvariantCulture, $"ops: {here.Mailboxes.Sum(m => (long)m.Count):#,0} messages in {here.Mailboxes.Count:#,0} mailboxes."));
            return look.NotSeen.Count > 0 ? ExitCode.Failed : ExitCode.Done;
        }
        var (first, confirmed) = Compare(look, here, there, later);
        var document = ReplicaDocument.Of(here, there, later, first, [.. confirmed.Select(d => Judge(look, d, there))], look.NotSeen);
        if (json)
            terminal.Line(JsonSerializer.Serialize(document, IntegrityJson.Default.ReplicaDocument));
        else
            Print(terminal, document, shape);
        return document.State switch
        {
            "different" => ExitCode.Broken,
            "incomplete" => ExitCode.Failed,
            _ => ExitCode.Done,
        };
    }

    private static (ReplicaComparison First, IReadOnlyList<ReplicaDifference> Confirmed) Compare(ReplicaLook look, ReplicaDigest here, ReplicaDigest there, ReplicaDigest? later)
    {
        var first = ReplicaCompare.Compare(here, there);
        if (first.Differences.Count == 0)
            return (first, []);
        var again = look.Again(here, first.Differences.Select(d => d.UniqueId).ToHashSet(StringComparer.Ordinal));
        return (first, ReplicaCompare.Confirmed(first, ReplicaCompare.Compare(again, later ?? there)));
    }

    private static ReplicaJudgement Judge(ReplicaLook look, ReplicaDifference difference, ReplicaDigest there) =>
        ReplicaJudge.Of(difference, difference is { Here: not null, Uid: { } uid } ? look.File(difference.UniqueId, uid) : null, there.Host);

    private static (ReplicaDigest? Digest, string? Refusal) Read(string path)
    {
        try
        {
            using var file = path == ReplicaFiles.Standard ? Console.OpenStandardInput() : File.OpenRead(path);
            var reading = DigestFile.Read(file);
            return (reading.Value, reading.Refusal?.Detail);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, e.Message);
        }
    }

    /// <returns>Why it could not be written; null when it was.</returns>
    private static string? Write(string path, ReplicaDigest digest, bool brief)
    {
        try
        {
            // It names mailboxes: for the owner alone.
            using var file = path == ReplicaFiles.Standard
                ? Console.OpenStandardOutput()
                : new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            DigestFile.Write(file, digest, withRecords: !brief);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static void Print(Terminal terminal, ReplicaDocument document, TableShape shape)
    {
        if (document.Differences.Count > 0)
        {
            terminal.Table<ReplicaLine>(
            [
                new("CHECK", d => d.Check),
                new("MAILBOX", d => FilePath.Escape(d.Mailbox), Leaves: 3),
                new("UID", d => d.Uid?.ToString(CultureInfo.InvariantCulture) ?? "", Leaves: 4),
                new("HERE", d => Side(d.Here), Leaves: 1),
                new("THERE", d => Side(d.There), Leaves: 2),
                new("RIGHT", d => d.Right),
            ], document.Differences, static _ => "mismatch", shape);
        }
        foreach (var difference in terminal.IsInteractive ? document.Differences : [])
        {
            var mailbox = FilePath.Escape(difference.Mailbox);
            terminal.Explanation(difference.Uid is { } uid ? string.Create(CultureInfo.InvariantCulture, $"{mailbox}, UID {uid}") : mailbox, difference.Evidence, difference.Next);
        }
        if (terminal.IsInteractive && document.Differences.Count > 0)
            terminal.Line();
        terminal.Flush();
        foreach (var unseen in document.NotSeen)
            terminal.Remark($"ops: not seen: {unseen}");
        terminal.Summary(document.Settled > 0 ? string.Create(CultureInfo.InvariantCulture, $"{document.Sentence} Not confirmed by the second look, and left out: {document.Settled:#,0}.") : document.Sentence);
    }

    private static string Side(ReplicaRecordLine? record) => record is null ? "" : record.Sha1 is { } sha1 ? $"sha1 {sha1[..12]}…" : string.Create(CultureInfo.InvariantCulture, $"{record.Size} bytes");
}

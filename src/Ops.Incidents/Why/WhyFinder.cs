using System.Globalization;

namespace Ops.Incidents;

/// <summary>Answers a question from what is known of the hosts. Pure.</summary>
public static class WhyFinder
{
    // How much each clue says: a path names one mailbox, a pid one process, a user often several mailboxes.
    private const int ByPath = 100, ByLockPath = 95, ByPathInside = 80, ByPid = 70, ByAddress = 60, ByUser = 50, ByName = 45, ByFileName = 40, BySession = 35, ByPathAbove = 30, ByProcessUser = 20, ByHost = 10;

    // More would not be read.
    private const int MostCandidates = 20, MostNearest = 5;

    /// <summary>Finds what the text names and says why it is stuck, if it is.</summary>
    public static WhyAnswer Answer(Question question, IReadOnlyList<HostBoard> hosts, DateTimeOffset now)
    {
        var searched = Searched(hosts);
        var notSeen = hosts.SelectMany(h => h.NotSeen.Select(n => hosts.Count > 1 ? $"{FilePath.Escape(h.Host)}: {n}" : n)).Distinct().ToList();
        var candidates = hosts.SelectMany(h => h.Cards.Select(c => Fit(question, c, h))).OfType<Candidate>()
            .OrderByDescending(c => c.Score).ThenBy(c => c.Card.State).ThenByDescending(c => c.Card.Blocked(now)).Take(MostCandidates).ToList();
        var others = hosts.SelectMany(h => h.Findings).Where(f => Concerns(question, f) && MailboxBoard.MailboxOf(f) is null).Take(MostCandidates).ToList();
        var text = question.Text.Length == 0 ? "an empty question" : Quote(question.Text);
        if (question.IsEmpty)
        {
            var what = question.Meaning is { } meaning ? $"{meaning.Sentence} The text names no file, process, user, host or message to look for." : $"{FindingWords.Capital(text)} names nothing to look for: give a path, a pid, a user, an address, a host, a queue id or a log line.";
            return new(question, WhyVerdict.Unknown, what, [], [], [], searched, [], notSeen);
        }
        if (candidates is [var best, ..])
            return new(question, VerdictOf(best.Card), Sentence(best.Card, question), candidates, ChainOf(best.Card, now), others, searched, [], notSeen);
        if (others is [var other, ..])
            return new(question, VerdictOf(other), $"{FindingWords.Name(other)} ({FilePath.Escape(other.Kind)}): {other.Verdict}. {FindingWords.Sentence(other.Summary)}", [], [], others, searched, [], notSeen);
        var gone = question.Meaning is { } said ? $" The line itself says: {said.Sentence}" : "";
        return new(question, WhyVerdict.Unknown, $"Nothing that is known now matches {text}.{gone}", [], [], [], searched, Nearest(question, hosts), notSeen);
    }

    private static Candidate? Fit(Question question, MailboxCard card, HostBoard host)
    {
        List<(int Score, string Reason)> fits = [];
        foreach (var path in question.Paths)
        {
            if (path == card.Path)
                fits.Add((ByPath, "its path was given"));
            else if (card.Findings.Any(f => f.Path == path))
                fits.Add((ByLockPath, "the file that was given is a lock or a file of it"));
            else if (MailboxPath.Of(path) == card.Path || path.StartsWith(card.Path + "/", StringComparison.Ordinal))
                fits.Add((ByPathInside, "the file that was given belongs to it"));
            else if (path.Length > 1 && card.Path.StartsWith(path + "/", StringComparison.Ordinal))
                fits.Add((ByPathAbove, "it is below the directory that was given"));
        }
        foreach (var name in question.FileNames.Where(n => card.Findings.Any(f => f.Path.EndsWith("/" + n, StringComparison.Ordinal)) || card.Path.EndsWith("/" + n[..^".lock".Length], StringComparison.Ordinal)))
            fits.Add((ByFileName, $"{FilePath.Escape(name)} is its lock"));
        foreach (var pid in question.Pids.Where(p => card.Root?.Pid == p || card.Victims.Any(v => v.Pid == p) || card.Findings.Any(f => HostWaits.PidOf(f) == p)))
            fits.Add((ByPid, $"pid {pid.ToString(CultureInfo.InvariantCulture)} {(card.Victims.Any(v => v.Pid == pid) ? "waits for it" : card.Root?.Pid == pid ? "is at the root of its wait" : "uses it")}"));
        if (card.User is { } owner)
        {
            if (question.Addresses.Contains(owner, StringComparer.OrdinalIgnoreCase))
                fits.Add((ByAddress, $"it is the mailbox of {FilePath.Escape(owner)}"));
            else if (question.Users.Any(u => Same(u, owner)))
                fits.Add((ByUser, $"it is the mailbox of {FilePath.Escape(owner)}"));
        }
        // A store in an unusual place: its files are named after users there too.
        if (fits.Count == 0 && question.Users.Any(u => Same(u, NameOf(card))))
            fits.Add((ByName, $"it is named {FilePath.Escape(NameOf(card))}"));
        if (question.Users.Concat(question.Addresses).FirstOrDefault(u => card.Findings.Append(card.Root?.Finding).Any(f => f?.Process?.Session is { } session && Same(u, session.User))) is { } served)
            fits.Add((BySession, $"a session of {FilePath.Escape(served)} uses it"));
        if (question.Users.FirstOrDefault(u => card.Findings.Any(f => f.Process?.User == u)) is { } user)
            fits.Add((ByProcessUser, $"a process of {FilePath.Escape(user)} uses it"));
        var isHost = question.Hosts.Any(h => SameHost(h, host.Host));
        // A host alone, asked for by its name: what needs attention there.
        if (isHost && fits.Count == 0 && question.Paths.Count + question.Pids.Count + question.FileNames.Count + question.Addresses.Count == 0 && card.State.NeedsAttention())
            fits.Add((ByHost, $"it is on {FilePath.Escape(host.Host)}"));
        return fits.Count == 0 ? null : new Candidate(card, fits.MaxBy(f => f.Score).Reason, fits.Sum(f => f.Score) + (isHost ? ByHost : 0));
    }

    private static bool Concerns(Question question, Finding finding) =>
        question.Paths.Contains(finding.Path) || question.Paths.Any(p => finding.Path == p + ".lock")
        || question.FileNames.Any(n => finding.Path.EndsWith("/" + n, StringComparison.Ordinal))
        || HostWaits.PidOf(finding) is { } pid && question.Pids.Contains(pid)
        || question.QueueIds.Any(id => finding.Path.Contains("/" + id, StringComparison.Ordinal) || finding.Process?.CommandLine.Contains(id, StringComparison.Ordinal) == true);

    private static WhyVerdict VerdictOf(MailboxCard card) => card.State switch
    {
        MailboxState.LosingMail or MailboxState.AtRisk => WhyVerdict.AtRisk,
        MailboxState.Stuck when card.Root is { Pid: null, Finding.Verdict: "stale" } || card.Next.Finding is { Verdict: "stale" } => WhyVerdict.Stale,
        MailboxState.Deadlocked or MailboxState.Stuck or MailboxState.Waiting => WhyVerdict.Blocked,
        MailboxState.Busy when card.Next.Verb == StepVerb.Look => WhyVerdict.Blocked,
        _ => WhyVerdict.Free,
    };

    // Without a default: a new verdict does not compile until its answer is known.
#pragma warning disable CS8524
    private static WhyVerdict VerdictOf(Finding finding) => Words.Verdict(finding.Verdict) switch
    {
        VerdictWord.Stale => WhyVerdict.Stale,
        VerdictWord.GhostWrite or VerdictWord.SplitBrain or VerdictWord.Mismatch => WhyVerdict.AtRisk,
        VerdictWord.Waiting => WhyVerdict.Blocked,
        VerdictWord.Held or VerdictWord.Orphan or VerdictWord.OrphanLinked or VerdictWord.NotALock or VerdictWord.Refused or null => WhyVerdict.Free,
    };
#pragma warning restore CS8524

    private static string Sentence(MailboxCard card, Question question)
    {
        var name = card.User is { } user ? $"{FilePath.Escape(user)} ({Display(card)})" : Display(card);
        var sentence = card.State switch
        {
            MailboxState.LosingMail => $"{name} is losing mail. {card.Cause}",
            MailboxState.Deadlocked => $"{name} is deadlocked. {card.Cause}",
            MailboxState.Stuck => $"{name} is stuck. {card.Cause}",
            MailboxState.AtRisk => $"{name} is at risk. {card.Cause}",
            MailboxState.Waiting => $"{name} is in use, and others wait. {card.Cause}",
            MailboxState.Busy => $"{name} is in use. {card.Cause}",
            _ => $"{name} is free now. {card.Cause}",
        };
        return question.Meaning is { IsLock: false } meaning ? $"{sentence} But the line is about something else: {meaning.Sentence}" : sentence;
    }

    /// <summary>Who waits behind whom, the root first, in sentences. Escaped.</summary>
    public static IReadOnlyList<string> ChainOf(MailboxCard card, DateTimeOffset now)
    {
        List<string> chain = [];
        if (card.Root is { Pid: { } root })
            chain.Add(card.Root.Process is { } process ? $"{FindingWords.Capital(FindingWords.Who(process))} holds the lock." : $"Pid {root.ToString(CultureInfo.InvariantCulture)} holds the lock.");
        else if (card.Root is { Finding: { } stale })
            chain.Add($"{FindingWords.Name(stale)} is in the way ({stale.Verdict}).");
        foreach (var victim in card.Victims.Take(MostCandidates))
        {
            var who = victim.Process is { } process ? FindingWords.Who(process) : $"pid {victim.Pid.ToString(CultureInfo.InvariantCulture)}";
            var behind = victim.BlockedBy.Count > 0 ? $" behind pid {string.Join(", ", victim.BlockedBy.Select(p => p.ToString(CultureInfo.InvariantCulture)))}" : "";
            var waited = victim.Waited(now) is { TotalSeconds: >= 1 } time ? $", for at least {FindingWords.Age(time)}" : "";
            chain.Add($"{FindingWords.Capital(who)} waits{behind}{waited}.");
        }
        if (card.Victims.Count > MostCandidates)
            chain.Add($"And {FindingWords.Count(card.Victims.Count - MostCandidates, "more process waits", "more processes wait")}.");
        chain.AddRange(MailQueues.Sentences(card, now));
        return chain;
    }

    private static IReadOnlyList<string> Nearest(Question question, IReadOnlyList<HostBoard> hosts)
    {
        var asked = question.Users.Concat(question.Paths.Concat(question.FileNames).Select(p => p[(p.LastIndexOf('/') + 1)..])).Where(a => a.Length > 2).ToList();
        return [.. hosts.SelectMany(h => h.Cards).Select(c => (Card: c, Name: c.User ?? NameOf(c)))
            .Where(c => asked.Any(a => c.Name.Contains(a, StringComparison.OrdinalIgnoreCase) || a.Contains(c.Name, StringComparison.OrdinalIgnoreCase) && c.Name.Length > 2 || Distance(a, c.Name) <= 2))
            .Select(c => $"{FilePath.Escape(c.Name)} ({Display(c.Card)}): {c.Card.State.Label().ToLowerInvariant()}").Distinct().Take(MostNearest)];
    }

    private static string Searched(IReadOnlyList<HostBoard> hosts) => hosts.Count == 0
        ? "No host is connected: nothing was searched."
        : $"Searched {FindingWords.Count(hosts.Sum(h => h.Cards.Count), "mailbox", "mailboxes")} and {FindingWords.Count(hosts.Sum(h => h.Findings.Count), "finding", "findings")} on {(hosts.Count == 1 ? FilePath.Escape(hosts[0].Host) : FindingWords.Count(hosts.Count, "host", "hosts"))}, as they are now.";

    private static bool Same(string asked, string owner) => string.Equals(asked, owner, StringComparison.OrdinalIgnoreCase)
        || owner.LastIndexOf('@') is > 0 and var at && !asked.Contains('@') && asked.AsSpan().Equals(owner.AsSpan(0, at), StringComparison.OrdinalIgnoreCase)
        || asked.LastIndexOf('@') is > 0 and var end && !owner.Contains('@') && owner.AsSpan().Equals(asked.AsSpan(0, end), StringComparison.OrdinalIgnoreCase);

    private static bool SameHost(string asked, string host) => string.Equals(asked, host, StringComparison.OrdinalIgnoreCase)
        || !asked.Contains('.') && host.StartsWith(asked + ".", StringComparison.OrdinalIgnoreCase)
        || !host.Contains('.') && asked.StartsWith(host + ".", StringComparison.OrdinalIgnoreCase);

    private static string Quote(string text) => $"\"{FilePath.Escape(text.Length > 200 ? text[..200] + "..." : text)}\"";

    private static string NameOf(MailboxCard card) => card.Path[(card.Path.LastIndexOf('/') + 1)..];

    private static string Display(MailboxCard card) => FilePath.FromText(card.Path).Display;

    // Levenshtein's distance, of short names only.
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 2 || a.Length > 64 || b.Length > 64)
            return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), corner + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1));
                corner = above;
            }
        }
        return row[b.Length];
    }
}

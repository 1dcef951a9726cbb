using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at the host for what the verdicts on some files need, and judges these files.</summary>
internal sealed class ArtefactJudge(AgentSettings settings, HostReader reader, WatchedStores stores, LockMemory memory, MailboxLooks looks, FindingFactory factory, OtherHostBook others)
{
    private const int LookAgain = 3;

    /// <summary>The host as verdicts on these artefacts need it: processes, locks and the open files that they ask about.</summary>
    public HostFacts Look(IReadOnlyList<ArtefactFacts> artefacts)
    {
        var all = artefacts.Concat(artefacts.SelectMany(a => a.Guards ?? []).Select(g => g.Lock).OfType<ArtefactFacts>()).ToList();
        var below = OverlayBelow.Of(all, stores.IsSilent);
        var host = reader.Look(all.SelectMany(WatchedFor).Concat(below.Keys).ToHashSet(), ClaimedNumbers.Of(artefacts), memory.LockedBelowRoots, artefacts.Any(ScriptOwner.IsAskedFor));
        host = host with { OpenFiles = host.OpenFiles.WithoutOthers(all.SelectMany(KnownOf)), OtherHosts = others.Current };
        return below.Count == 0 ? host : host with { OpenFiles = host.OpenFiles.WithLayersBelow(below) };
    }

    /// <summary>The verdict that can be given at once, without a look at all processes; null where it takes one. It names a living owner or leaves the file alone, and offers nothing.</summary>
    public Finding? AtOnce(ArtefactFacts artefact, SurroundingsReader surroundings)
    {
        int[] makers = artefact.Creator is { } creator ? [creator.Pid] : [];
        var host = reader.LookAtFew(ClaimedNumbers.Of([artefact]).Union(makers).Where(n => n > 0).ToHashSet());
        return Classify(artefact, host, surroundings) is { Word: VerdictWord.Held or VerdictWord.Refused, Actions.Count: 0 } verdict && IsYoung(artefact, host.Now)
            ? factory.OfArtefact(artefact, verdict.Word == VerdictWord.Held ? verdict : verdict with { Summary = JustMade(artefact) }, host.Now)
            : null;
    }

    private static string JustMade(ArtefactFacts artefact) => artefact.Creator?.Process is { } maker
        ? string.Create(CultureInfo.InvariantCulture, $"Left alone: pid {maker.Pid} ({FilePath.Escape(maker.Command)}) gave it this name just now and may hold it.")
        : "Left alone: it was given this name just now.";

    /// <summary>The same for a scan: without what this process holds, and with a look at mailboxes.</summary>
    public HostFacts LookForScan(IReadOnlyList<ArtefactFacts> artefacts) => looks.AddTo(Look(artefacts).WithoutHoldsOf(Environment.ProcessId));

    /// <param name="surroundings">One for the whole scan: what is true of a directory is asked once.</param>
    public Verdict? Classify(ArtefactFacts artefact, HostFacts host, SurroundingsReader surroundings) =>
        ArtefactClassifier.Classify(artefact, host, settings.Judging) is not { } verdict ? null
        : verdict.Actions.Count == 0 ? verdict
        : Allowed(Offer.Judge(verdict, artefact, surroundings.Read(artefact), host, settings.Policy.AllowsWeaker(artefact.File.Path)), host.Now);

    /// <summary>Judges, then looks once more at whatever an act could be offered for: what changed since the look is judged again.</summary>
    public (List<JudgedArtefact> Judged, List<Finding> Findings, DateTimeOffset? Recheck) Judge(List<ArtefactFacts> artefacts, ref HostFacts host, CancellationToken stop)
    {
        var judged = new List<JudgedArtefact>(artefacts.Count);
        var findings = new List<Finding>(artefacts.Count);
        DateTimeOffset? recheck = null;
        var (files, surroundings) = (stores.Reader(host.Mounts), stores.Surroundings());
        for (var round = 0; artefacts.Count > 0; round++)
        {
            stop.ThrowIfCancellationRequested();
            var again = new List<ArtefactFacts>();
            foreach (var artefact in artefacts)
            {
                if (Classify(artefact, host, surroundings) is not { } verdict)
                    continue;
                if (verdict.Actions.Count > 0 && !(ArtefactReader.Stat(artefact.File.Path).TryGet(out var now) && now.IsUnchangedSince(artefact.File)))
                {
                    if (!files.Read(artefact.File.Path).TryGet(out var read) || stores.Ours(read) is not { } fresh)
                        continue; // gone: nothing to report
                    if (round < LookAgain)
                    {
                        again.Add(fresh);
                        continue;
                    }
                    verdict = verdict with { Word = VerdictWord.Refused, Actions = [], Summary = "Left alone: it changed each time it was looked at." };
                }
                recheck = verdict.Recheck is { } at && (recheck is null || at > recheck) ? at : recheck;
                judged.Add(new JudgedArtefact(artefact, verdict));
                findings.Add(factory.OfArtefact(artefact, verdict, host.Now));
            }
            artefacts = again;
            if (again.Count > 0)
                host = LookForScan(again);
        }
        return (judged, findings, recheck);
    }

    private bool IsYoung(ArtefactFacts artefact, DateTimeOffset now) => now - settings.Judging.Youngest(artefact.File) < settings.Judging.GracePeriod;

    /// <summary>What the administrator of this host does not allow is not offered. That changes nothing about what is true of the file.</summary>
    private Verdict Allowed(Verdict verdict, DateTimeOffset now) =>
        verdict.Actions is [var action, ..] && settings.Policy.WhyNot(action, verdict.Kind) is { } why
            ? verdict with
            {
                Actions = [],
                Summary = $"{verdict.Summary} {why}",
                Evidence = [.. verdict.Evidence, new Evidence(Questions.Policy, Answer.No, "policy", why, now, Blocks: true)],
            }
            : verdict;

    private static IEnumerable<FileFacts> KnownOf(ArtefactFacts artefact) =>
        [artefact.File, .. artefact.Subject is { } subject ? [subject] : Array.Empty<FileFacts>(), .. artefact.Neighbours, .. artefact.Contents ?? []];

    /// <summary>The files, and directories, of which a verdict on this artefact asks which processes have them open.</summary>
    private static IEnumerable<FileIdentity> WatchedFor(ArtefactFacts artefact)
    {
        yield return artefact.File.Identity;
        // A process in the directory of a lock may mean it by a bare name.
        if (artefact.Matches.Any(m => m.Convention is DotLock))
            yield return artefact.Directory.Identity;
        if (artefact.Subject is { } subject)
            yield return subject.Identity;
        foreach (var inside in artefact.Neighbours.Concat(artefact.Contents ?? []))
            yield return inside.Identity;
        // A session lock in /tmp names its mailbox.
        if (artefact.Matches.Any(m => m.Convention is MbxLock) && NamedFile.MailboxOfMbxLock(artefact.File.Path) is { } mailbox)
            yield return mailbox;
    }
}

namespace Ops.Locks;

/// <summary>Locks that are symbolic links: the text of the link names the owner and leads nowhere.</summary>
/// <remarks>A takeover exchanges regular files, so a link of a dead owner is called stale and nothing is offered.</remarks>
internal static class LinkLockClassifier
{
    /// <summary>Further apart than this, two boot times are of two boots. Clocks are set, and programs read the boot time in several places.</summary>
    private static readonly TimeSpan BootGrain = TimeSpan.FromMinutes(1);

    public static Verdict Classify(ArtefactFacts artefact, MailSystem system, LinkLock convention, HostFacts host, JudgingOptions options)
    {
        var evidence = new EvidenceList(host.Now);
        IReadOnlyList<string> systems = [system.Name];
        ArtefactClassifier.AddShape(artefact, evidence, FileKind.SymbolicLink, convention.MayBeFile ? FileKind.Regular : FileKind.SymbolicLink);
        evidence.Add(Questions.Convention, Answer.Yes, convention.Source, $"looks like a lock of {system.Title}: a symbolic link whose text names its owner and is no path");
        ArtefactClassifier.AddLocality(artefact, host, evidence);

        var text = convention.TextOf(artefact.File) ?? "";
        var owner = OwnerFinder.FindAny(OwnerClaim.OfHost(convention.ReadLink(text), host), artefact, host, options, null, "text of the link", evidence) ?? Owner.Unknown;
        if (convention.ReadBoot(text) is { } boot && (boot - host.BootedAt).Duration() > BootGrain + options.ClockSetForward)
        {
            evidence.Add(Questions.AfterBoot, Answer.No, "text of the link", $"it names a boot at {boot:u}, and this host booted {host.BootedAt:u}", blocks: owner.IsAlive == Answer.Yes);
            // A clock that was set since says the same: a living process of that number is not called another one for it.
            owner = owner.IsAlive == Answer.Yes ? owner with { IsAlive = Answer.Unknown, Process = null } : owner;
        }
        if (owner.IsAlive == Answer.Yes)
        {
            return new Verdict(VerdictWord.Held, convention.Kind, $"Held: {Activity.Who(owner.Process!)}, which the text of the link names, is alive.", system.Name, systems, owner,
                evidence.ToList(), []);
        }
        var recheck = ArtefactClassifier.AddGrace(artefact.File, host, options, evidence);
        if (evidence.FirstBlock is not null || owner.IsAlive == Answer.Unknown)
        {
            var onlyGrace = recheck is not null && evidence.Where(e => e.Blocks).All(e => e.Question == Questions.GracePeriod);
            return ArtefactClassifier.Refused(convention.Kind, systems, owner, evidence, null, onlyGrace ? recheck : null);
        }
        return new Verdict(VerdictWord.Stale, convention.Kind, $"Its owner, pid {owner.Pid}, is gone. Nothing is offered: {convention.WhyNever}", system.Name, systems, owner, evidence.ToList(), []);
    }
}

using System.Globalization;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What the administrator of this host permits, whatever a console has checked: acts, kinds, roots, approvers, and how many acts a minute.</summary>
internal sealed class ActPermit(AgentSettings settings, HostSurvey survey, Journal journal, TimeProvider clock)
{
    /// <summary>Why no act is carried out for now; null when acts are possible.</summary>
    public string? CircuitOpen
    {
        get
        {
            try
            {
                return settings.Policy.MaxActsPerMinute == 0 ? null : Circuit().Why;
            }
            catch (JournalException e)
            {
                return $"Nothing is done, because it could not be recorded: {e.Message}.";
            }
        }
    }

    /// <summary>Whether the policy allows this request at all. Null when it does.</summary>
    /// <exception cref="JournalException">The journal, which counts the acts, cannot be read.</exception>
    public BreakDecision.Refused? Request(OperatorAction action, ExecuteRequest request)
    {
        if (Act(action) is { } forbidden)
            return forbidden;
        if (settings.Policy.Shadow)
            return new(Refusal.Shadow, "This host is in shadow mode: it only says what it would do. Its policy file decides (shadow).");
        if (Approvers(request, settings.Policy.Approvers.GetValueOrDefault(Words.Of(action))) is { } unapproved)
            return unapproved;
        var circuit = Circuit();
        if (circuit.Why is { } why)
            return new(Refusal.CircuitOpen, why);
        var most = settings.Policy.MaxActsPerMinute;
        return most == 0 || circuit.InLastMinute < most ? null : new(Refusal.TooMany, string.Create(
            CultureInfo.InvariantCulture,
            $"{circuit.InLastMinute} acts in the last minute: the policy of this host allows {most}. Nothing more is done until 5 quiet minutes have passed."));
    }

    /// <summary>Whether those whom the policy asks for have agreed, or the glass was broken.</summary>
    public BreakDecision.Refused? Approvers(ExecuteRequest request, int needed) =>
        Approval.Refuse(request.Actor, request.Approvers, needed, request.BreakGlass, settings.Policy.BreakGlass);

    /// <summary>Whether this kind of act is allowed.</summary>
    public BreakDecision.Refused? Act(OperatorAction action) => settings.Policy.Allows(action)
        ? null
        : new(Refusal.Policy, $"The policy of this host does not allow '{Words.Of(action)}'.");

    /// <summary>Whether the act may be carried out at this path: allowed, below a root, on a file system that answers.</summary>
    public BreakDecision.Refused? At(OperatorAction action, FilePath path)
    {
        if (Act(action) is { } forbidden)
            return forbidden;
        if (!StoreRoots.Cover(settings.Roots, path))
            return OutsideRoots(path);
        return survey.SilenceAt(path) is { } silence ? new(Refusal.System, silence) : null;
    }

    /// <summary>Whether the act may be carried out on files of this kind.</summary>
    public BreakDecision.Refused? Kind(OperatorAction action, ArtefactKind kind) =>
        settings.Policy.WhyNot(action, kind) is { } why ? new(Refusal.Policy, why) : null;

    public BreakDecision.Refused OutsideRoots(FilePath path)
    {
        var roots = string.Join(", ", settings.Roots.Select(r => r.Path.Display + (r.TopLevelOnly ? " (top level)" : "")));
        return new(Refusal.Policy, $"{path.Display} is outside the directories this agent may touch ({roots}). Name its store in the policy, or with --root.");
    }

    /// <summary>The deepest root above a path, so that what is quarantined stays as near as possible; null below none.</summary>
    public FilePath? RootOf(FilePath path) => StoreRoots.Covering(settings.Roots, path)?.Path;

    /// <summary>Whether the root above a path is there for files of this kind.</summary>
    public bool RootTakes(FilePath path, ArtefactKind kind) =>
        StoreRoots.Covering(settings.Roots, path) is { } root && (root.Kinds is null || root.Kinds.Contains(kind));

    /// <summary>Whether an earlier act was below a root of ours. A root that was named on a command line is not among ours later; the policy decides if it names any.</summary>
    public bool IsOurs(JournalIntent intent) => intent.Root is not null
        && (settings.Policy.Roots is null || settings.Roots.Any(r => FilePath.FromText(intent.Root).IsAtOrBelow(r.Path)));

    private CircuitState Circuit() => CircuitBreaker.Judge(journal.Past(), settings.Policy.MaxActsPerMinute, clock.GetUtcNow());
}

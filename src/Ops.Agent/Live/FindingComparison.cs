using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Whether two looks said the same of one artefact.</summary>
/// <remarks>
/// Left out is what moves with every look although nothing happened: age, the time of an answer, and the sentences, which name ages. What
/// they rest on (identity, owner, answers, fingerprint) is compared.
/// </remarks>
public static class FindingComparison
{
    public static bool SaysTheSame(Finding a, Finding b) =>
        a.Key == b.Key && a.Verdict == b.Verdict && a.Path == b.Path && a.PathBytes == b.PathBytes && a.Host == b.Host
        && a.Kind == b.Kind && a.System == b.System && a.Fingerprint == b.Fingerprint
        && a.Owner == b.Owner && a.OwnerAlive == b.OwnerAlive && a.Identity == b.Identity
        && a.Relation == b.Relation && a.Mailbox == b.Mailbox && a.User == b.User && a.SelfHealsAt == b.SelfHealsAt
        && Same(a.Process, b.Process) && Same(a.Lock, b.Lock) && Same(a.Evidence, b.Evidence)
        && a.Descriptor == b.Descriptor && a.BlockedBy.SequenceEqual(b.BlockedBy) && a.Cycle.SequenceEqual(b.Cycle) && a.Systems.SequenceEqual(b.Systems) && a.Actions.SequenceEqual(b.Actions);

    private static bool Same(FindingLock? a, FindingLock? b) => a is null || b is null
        ? a is null && b is null
        : a.Class == b.Class && a.Mode == b.Mode && a.Range == b.Range && a.Group == b.Group && a.Depth == b.Depth && a.Descriptor == b.Descriptor
            && a.Device == b.Device && a.BlockedBy.SequenceEqual(b.BlockedBy) && a.SharedWith.SequenceEqual(b.SharedWith);

    // A process goes from running to sleeping and back all the time; only stopped, in disk wait and zombie say something.
    private static bool Same(FindingProcess? a, FindingProcess? b) => a is null || b is null
        ? a is null && b is null
        : a.Pid == b.Pid && a.StartTicks == b.StartTicks && a.BootId == b.BootId && a.ParentPid == b.ParentPid && a.Command == b.Command
            && a.CommandLine == b.CommandLine && a.Uid == b.Uid && a.Unit == b.Unit && Mood(a.State) == Mood(b.State) && Same(a.Session, b.Session);

    private static bool Same(FindingSession? a, FindingSession? b) => a is null || b is null ? a is null && b is null : a with { At = b.At } == b;

    private static string Mood(string state) => state is "R" or "S" or "I" ? "S" : state;

    private static bool Same(IReadOnlyList<FindingEvidence> a, IReadOnlyList<FindingEvidence> b)
    {
        if (a.Count != b.Count)
            return false;
        for (var i = 0; i < a.Count; i++)
        {
            if (a[i].Question != b[i].Question || a[i].Answer != b[i].Answer || a[i].Source != b[i].Source || a[i].Blocks != b[i].Blocks)
                return false;
            // An answer of another host counts for seconds: what was asked again is said again.
            if (a[i].Question == Questions.OwnerElsewhere && (a[i].At != b[i].At || a[i].Detail != b[i].Detail))
                return false;
        }
        return true;
    }
}

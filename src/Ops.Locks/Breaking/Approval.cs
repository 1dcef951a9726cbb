using System.Globalization;

namespace Ops.Locks;

/// <summary>Whether enough people other than the actor agreed. Enforced on the host, whatever a console says it has checked.</summary>
public static class Approval
{
    /// <param name="needed">How many the policy asks for.</param>
    /// <param name="breakGlass">Why they are not there; null: they are.</param>
    /// <param name="allowsBreakGlass">What the policy says about that.</param>
    /// <returns>Null when the act may go on.</returns>
    public static BreakDecision.Refused? Refuse(string actor, IReadOnlyList<string> approvers, int needed, string? breakGlass, bool allowsBreakGlass)
    {
        if (breakGlass is not null && !allowsBreakGlass)
            return new(Refusal.Policy, "The policy of this host does not allow to act without approvers (breakGlass).");
        if (approvers.FirstOrDefault(a => IsSame(a, actor)) is not null)
            return new(Refusal.NotApprovedByAnother, $"{FilePath.Escape(actor)} asked for it and cannot approve it as well.");
        if (approvers.Select(Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() != approvers.Count)
            return new(Refusal.NotApprovedByAnother, "One person is named as approver twice.");
        return breakGlass is null && approvers.Count < needed
            ? new(Refusal.NeedsApproval, string.Create(CultureInfo.InvariantCulture,
                $"The policy of this host asks for {needed} {(needed == 1 ? "approver" : "approvers")} other than the actor; there {(approvers.Count == 1 ? "is 1" : $"are {approvers.Count}")}."))
            : null;
    }

    private static bool IsSame(string first, string second) => string.Equals(Name(first), Name(second), StringComparison.OrdinalIgnoreCase);

    // "alice", "alice " and "ALICE" are one person. Names that only look alike are the console's to keep apart: its user names are plain ASCII.
    private static string Name(string name) => name.Trim();
}

using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts;

/// <summary>A request with what the console knows about it now. The agent has not been asked, except for what is in its quarantine.</summary>
/// <param name="Kept">For an act on the quarantine: what is there now.</param>
/// <param name="Rules">Of the host's group.</param>
/// <param name="Need">Who has to agree; null: no other person.</param>
/// <param name="Error">Why it cannot be done; null when the agent may be asked.</param>
internal sealed record CheckedAct(
    Actor? Actor, IAgentLink? Session, Finding? Finding, QuarantineItem? Kept, string HostName, GroupRules Rules, ApprovalNeed? Need, ActError? Error)
{
    /// <summary>Whether quarantine holds another file now than the one that the person saw.</summary>
    public bool IsAnother(string? fingerprint) => Kept is not null && QuarantineWords.Fingerprint(Kept) != fingerprint;

    /// <summary>The rules, the host's group or its policy may have changed since it was asked for: those of the moment hold.</summary>
    public ActError.NotApproved? TooFew(IReadOnlyList<string> approvers) => Need is not null && Need.Others > approvers.Count ? new($"{Need.Sentence} Request approval again.") : null;

    public bool IsWeaker(ActTarget target) => IsWeaker(Finding, target);

    public static bool IsWeaker(Finding? finding, ActTarget target) => target.Action == Act.Break && finding?.Weaker == true;

    public Operation NewOperation(ActTarget target, string reason, string? fingerprint) => OperationWire.New(
        target, HostName, Kept?.Path ?? Finding?.Path ?? "", Kept is not null ? Kept.PathBytes : Finding?.PathBytes, Actor?.Name ?? "", reason, fingerprint);
}

using System.Globalization;

namespace Ops.Web.Features.Acts;

/// <summary>Why a request was not carried out; every one is a row of the audit (or the reason why there can be none).</summary>
/// <param name="Sentence">For the operator: what is missing.</param>
public abstract record ActError(string Sentence)
{
    /// <summary>The rules of the host's group give the user no such right, or the user was disabled or signed out elsewhere.</summary>
    public sealed record NotAllowed(string Action) : ActError(
        $"Your account is not allowed to do this ('{Action}') on this host. An administrator can allow it on the Rules page.");

    /// <summary>Others agreed to what a program had asked for, but its token is no longer good.</summary>
    public sealed record TokenNotGood() : ActError("The API token that requested this was revoked or has expired, so nothing was done.");

    /// <summary>The console requires a second factor, and the user has none.</summary>
    public sealed record SecondFactorMissing() : ActError("This console requires a second factor to act. Set one up on the page Account.");

    /// <summary>The last code of the person's second factor was given too long ago for this act.</summary>
    public sealed record FreshCodeNeeded() : ActError(SignIn.SecondFactorRule.FreshCodeNeeded);

    public sealed record ReasonUnusable() : ActError($"Give a reason of {ActInput.ReasonLengthMin} to {ActInput.ReasonLengthMax} characters.");

    /// <summary>No agent to ask: it is not connected, or has been silent for too long.</summary>
    public sealed record HostNotConnected(string HostName) : ActError($"The agent of {HostName} is not connected, so nothing can be verified there.");

    public sealed record FindingGone() : ActError("This finding no longer exists: the lock was released or the file is gone.");

    /// <summary>Not an action that this finding offers.</summary>
    public sealed record ActionNotOffered(string Action, string Why) : ActError($"'{Action}' is not possible here: {Why}");

    /// <summary>The host's own policy, its shadow mode or an open circuit: the agent would say no, so it is not asked.</summary>
    public sealed record HostSaysNo(string Why) : ActError(Why);

    /// <summary>Purged, put back or never there.</summary>
    public sealed record NotInQuarantine(string HostName) : ActError($"It is no longer in the quarantine of {HostName}: it was restored or permanently removed.");

    /// <summary>The item in quarantine is another one than the operator saw.</summary>
    public sealed record QuarantineChanged() : ActError("The quarantined file is not the one you saw. Close this and check again.");

    /// <summary>The process that the operator saw is not the one behind the finding any more.</summary>
    public sealed record ProcessChanged() : ActError("This finding now belongs to another process. Close this and check again.");

    /// <summary>The typed pid is not the process's.</summary>
    public sealed record PidNotTyped(int Pid) : ActError($"Type the pid of the process, {Pid}, to confirm that it is this one.");

    /// <summary>Going ahead without approval is not possible here.</summary>
    public sealed record NoBreakGlass(string Why) : ActError(Why);

    /// <summary>Those who were asked did not agree, or not in time.</summary>
    public sealed record NotApproved(string Why) : ActError(Why);

    /// <summary>The console's own cap for one host and minute.</summary>
    public sealed record TooManyActs(string HostName, int AtMost) : ActError($"The limit of {AtMost} acts per minute on {HostName} is reached. Wait a moment.");

    /// <summary>One act at a time on one finding, also when two people request it on two consoles.</summary>
    public sealed record ActUnderWay(string Action, string Actor, DateTimeOffset Since, bool IsUnknown) : ActError(
        IsUnknown ? string.Create(CultureInfo.InvariantCulture, $"The outcome of an earlier act on this ('{Action}', requested by {Actor} at {Since:u}) is still unknown. Its agent is asked again as soon as it is connected; wait for that.")
        : string.Create(CultureInfo.InvariantCulture, $"Another act on this ('{Action}', requested by {Actor} at {Since:u}) is under way. Wait for its outcome."));

    /// <summary>The other consoles have given this one up and serve its hosts.</summary>
    public sealed record ConsoleIsDead() : ActError("The other consoles have declared this one dead, so it begins nothing. Open the page again on another console.");

    /// <summary>The agent looked, and says no.</summary>
    public sealed record RefusedByAgent(OperationRefusal Refusal) : ActError(Refusal.Sentence);

    /// <summary>A row of several that was not as the person saw it when the agent was asked again.</summary>
    public sealed record DroppedOut(string Why) : ActError(Why);

    /// <summary>The intent could not be written down, so the agent was not asked.</summary>
    public sealed record AuditUnwritable() : ActError("The audit could not be written, so nothing was done.");

    /// <summary>Who may do what, and what was asked for before, cannot be read.</summary>
    public sealed record DatabaseUnusable() : ActError("The console's database cannot be used at the moment, so nothing was done.");

    /// <summary>The agent did not answer a question in time; nothing was done.</summary>
    public sealed record NoAnswer(string HostName) : ActError($"The agent of {HostName} did not answer in time. Nothing was done.");
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Audit;

/// <summary>Entries of the audit in words. Whatever came from a host or a person is escaped.</summary>
public static class AuditWords
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string Action(string action) => action switch
    {
        AuditActions.SignIn => "Signed in",
        AuditActions.SignInFailed => "Sign-in failed",
        AuditActions.SignOut => "Signed out",
        AuditActions.SetupLink => "Setup link created",
        AuditActions.Setup => "Set up",
        AuditActions.UserChanged => "User changed",
        AuditActions.RulesChanged => "Rules changed",
        AuditActions.AlertsChanged => "Alerts changed",
        AuditActions.TokenCreated => "Token made",
        AuditActions.TokenRevoked => "Token revoked",
        AuditActions.AgentJoined => "Agent joined",
        AuditActions.AgentRenewed => "Agent's key renewed",
        AuditActions.AgentRotation => "New key of an agent asked for",
        AuditActions.WallLinkCreated => "Wallboard link made",
        AuditActions.WallLinkRevoked => "Wallboard link revoked",
        AuditActions.ApiTokenCreated => "API token made",
        AuditActions.ApiTokenRevoked => "API token revoked",
        AuditActions.HostForgotten => "Host forgotten",
        AuditActions.IncidentNote => "Incident note",
        AuditActions.StoreAudit => "Store audit",
        AuditActions.StoreAuditStop => "Store audit stopped",
        AuditActions.HostNameTaken => "Host name taken",
        AuditActions.AuditWritable => "Audit writable again",
        AuditActions.HostRenamed => "Host renamed",
        AuditActions.Break => "Break",
        AuditActions.Remove => "Remove",
        AuditActions.Undo => "Undo",
        AuditActions.Ask or AuditActions.Term or AuditActions.Kill or AuditActions.Rescue or AuditActions.Purge => Labels.Action(action),
        AuditActions.RescueDownload => "Rescue downloaded",
        AuditActions.ApprovalRequested => "Approval requested",
        AuditActions.Approved => "Approved",
        AuditActions.ApprovalDenied => "Approval denied",
        AuditActions.ApprovalWithdrawn => "Request withdrawn",
        AuditActions.ApprovalExpired => "Request expired",
        AuditActions.BreakGlass => "Break-glass",
        AuditActions.BreakGlassSeen => "Break-glass acknowledged",
        AuditActions.Bulk => "Batch",
        AuditActions.Refused => "Refused",
        AuditActions.Cancelled => "Cancelled",
        AuditActions.Recovered => "Recovered",
        AuditActions.ConsoleJoined => "Console joined",
        AuditActions.AnchorMismatch => "Anchor mismatch",
        _ => HostText.Clean(action),
    };

    /// <summary>Part of the CSS class and name of the icon.</summary>
    public static (string Tone, string Icon) Look(string action, string? outcome) => (action, outcome) switch
    {
        (AuditActions.AnchorMismatch or AuditActions.HostNameTaken, _) => ("danger", "warning"),
        (_, "failed" or "unknown") or (AuditActions.SignInFailed, _) => ("danger", "no"),
        (AuditActions.Refused, _) or (_, "changed-meanwhile" or "already-gone") => ("warning", "question"),
        (AuditActions.Cancelled, _) => ("neutral", "back"),
        (_, AuditOutcomes.ConsoleIntent) => ("info", "running"),
        (AuditActions.BreakGlass, _) => ("danger", "warning"),
        (AuditActions.ApprovalRequested, _) => ("info", "people"),
        (AuditActions.Approved, _) => ("success", "people"),
        (AuditActions.ApprovalDenied or AuditActions.ApprovalExpired or AuditActions.ApprovalWithdrawn, _) => ("warning", "people"),
        (AuditActions.RescueDownload, _) => ("warning", "download"),
        (_, "done") when Act.Find(action) is not null => ("success", "yes"),
        _ => ("neutral", "info"),
    };

    /// <summary>The detail, indented; as it is when it is no JSON. JSON escapes whatever is not plain ASCII, so nothing in it can disturb the page.</summary>
    public static string Detail(string detail)
    {
        try
        {
            return JsonNode.Parse(detail)?.ToJsonString(Indented) ?? "";
        }
        catch (JsonException)
        {
            return HostText.Escape(detail);
        }
    }
}

namespace Ops.Locks;

/// <summary>The words that stand in <see cref="AuditRecord.Action"/>.</summary>
public static class AuditActions
{
    public const string SignIn = "sign-in";
    public const string SignInFailed = "sign-in-failed";
    public const string SignOut = "sign-out";
    public const string SetupLink = "setup-link";
    public const string Setup = "setup";
    public const string UserChanged = "user-changed";

    /// <summary>A right, a group of hosts or a rule about approval.</summary>
    public const string RulesChanged = "rules-changed";

    /// <summary>Where alerts go, or what is muted; also a test message.</summary>
    public const string AlertsChanged = "alerts-changed";
    public const string TokenCreated = "token-created";
    public const string TokenRevoked = "token-revoked";

    /// <summary>A host used its token to join: its agent has a key and a certificate since.</summary>
    public const string AgentJoined = "agent-joined";

    /// <summary>An agent made a new key and got a certificate for it.</summary>
    public const string AgentRenewed = "agent-renewed";

    /// <summary>An administrator asked an agent for a new key.</summary>
    public const string AgentRotation = "agent-rotation";

    /// <summary>A link that shows the wallboard on a screen without a sign-in.</summary>
    public const string WallLinkCreated = "wall-link-created";
    public const string WallLinkRevoked = "wall-link-revoked";

    /// <summary>A token with which a program reads over the REST API.</summary>
    public const string ApiTokenCreated = "api-token-created";
    public const string ApiTokenRevoked = "api-token-revoked";

    /// <summary>A host that will not come back was taken off the pages, with what was last known of it.</summary>
    public const string HostForgotten = "host-forgotten";

    /// <summary>A note on an incident, or that a person works on it.</summary>
    public const string IncidentNote = "incident-note";

    /// <summary>An audit of a mail store was asked for.</summary>
    public const string StoreAudit = "store-audit";
    public const string StoreAuditStop = "store-audit-stop";
    public const string Break = "break";
    public const string Remove = "remove";
    public const string Undo = "undo";
    public const string Ask = "ask";
    public const string Term = "term";
    public const string Kill = "kill";
    public const string Rescue = "rescue";
    public const string Purge = "purge";

    /// <summary>A user downloaded a ghost writer's bytes, which may be other people's mail.</summary>
    public const string RescueDownload = "rescue-download";
    public const string ApprovalRequested = "approval-requested";
    public const string Approved = "approved";
    public const string ApprovalDenied = "approval-denied";
    public const string ApprovalWithdrawn = "approval-withdrawn";
    public const string ApprovalExpired = "approval-expired";

    /// <summary>An administrator went ahead without those who should have agreed; an entry of its own, before that of the act.</summary>
    public const string BreakGlass = "break-glass";

    /// <summary>Another administrator has taken note of it.</summary>
    public const string BreakGlassSeen = "break-glass-seen";

    /// <summary>Several rows were begun at once: names each, so that one that never had its turn is known.</summary>
    public const string Bulk = "bulk";
    public const string Refused = "refused";
    public const string Cancelled = "cancelled";

    /// <summary>An agent reports a name that another known host has: it is shown with the label of its token.</summary>
    public const string HostNameTaken = "host-name-taken";

    /// <summary>A known host reports another name than before.</summary>
    public const string HostRenamed = "host-renamed";

    /// <summary>A request that an agent did not take up at all: malformed, or under an id that was used for something else.</summary>
    public const string Malformed = "malformed";

    /// <summary>Recovery settled what an earlier act had left, whose own outcome stood in the journal already.</summary>
    public const string Recovered = "recovered";

    /// <summary>A console with a new data directory joined those that share the log: its head anchor begins here.</summary>
    public const string ConsoleJoined = "console-joined";

    /// <summary>The chain and its head anchor disagreed when an entry was to be added; <c>Outcome</c> is an <see cref="AnchorMismatch"/> word.</summary>
    public const string AnchorMismatch = "anchor-mismatch";

    /// <summary>The console could not write the audit for a time, and can again: what was refused in between has no entry.</summary>
    public const string AuditWritable = "audit-writable";
}

/// <summary>The words in <see cref="AuditRecord.Outcome"/> that say an entry was written before its act. Two words, because they are in stored chains: the word says whose chain it is.</summary>
public static class AuditOutcomes
{
    /// <summary>Intent in the audit of a console.</summary>
    public const string ConsoleIntent = "intent";

    /// <summary>Intent in the journal of an agent.</summary>
    public const string JournalIntent = "intended";
}

/// <summary>The words that stand in <see cref="AuditRecord.Outcome"/> of an <see cref="AuditActions.AnchorMismatch"/> entry.</summary>
public static class AnchorMismatch
{
    /// <summary>No anchor was found although the chain had entries: it cannot be known whether some were lost.</summary>
    public const string Missing = "missing";

    /// <summary>The anchor was there and made no sense.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>The anchor had reached an entry that is no longer there.</summary>
    public const string Ahead = "ahead";

    /// <summary>The entry the anchor names is another one now.</summary>
    public const string Rewritten = "rewritten";
}

using Ops.Integrity;

namespace Ops.Contracts;

/// <summary>Part of a heartbeat: whether an audit of a store runs, and whether there is something new to ask for.</summary>
/// <param name="Revision">Another one whenever <see cref="StoreAuditState"/> has changed: ask for it then.</param>
/// <param name="Running">Null when none runs.</param>
public sealed record StoreAuditBeat(Guid Revision, StoreAuditProgress? Running);

/// <summary>An audit that runs.</summary>
/// <param name="Asked">The person who asked for it; null for the schedule of the policy.</param>
/// <param name="Phase"><c>first-look</c>, <c>second-look</c> (differences are looked at again) or <c>stopping</c>.</param>
/// <param name="Mailboxes">Looked at once.</param>
/// <param name="ExpectedMailboxes">As many as the last audit of this root saw; null when there was none.</param>
/// <param name="ToLookAgain">Mailboxes with differences that are still to be looked at again; null during the first look.</param>
/// <param name="Messages">Compared by size.</param>
/// <param name="Read">Messages of which the bytes were read.</param>
/// <param name="BytesPerSecond">Over the last seconds.</param>
/// <param name="MessagesPerSecond">Compared, over the last seconds.</param>
/// <param name="RemainingSeconds">From the numbers of the last audit of this root, with the same extent; null where that would be a guess.</param>
/// <param name="Note">That it was begun again, and why; null when it was not.</param>
public sealed record StoreAuditProgress(
    Guid Id, string Root, string? Asked, bool Full, DateTimeOffset StartedAt, string Phase, long Mailboxes, long? ExpectedMailboxes, int? ToLookAgain, long Messages, long Read, long Bytes,
    double BytesPerSecond, double MessagesPerSecond, double? RemainingSeconds, string? Note = null);

/// <summary>The audits of a host's stores that are over.</summary>
/// <param name="Roots">Directories that can be audited.</param>
/// <param name="Last">The last audit of each root; those that were never audited are missing.</param>
/// <param name="EverySeconds">The schedule of the policy; null: none.</param>
/// <param name="BytesPerSecond">Most that an audit reads; null: no limit.</param>
public sealed record StoreAuditState(IReadOnlyList<string> Roots, IReadOnlyList<StoreAuditEnd> Last, double? EverySeconds, long? BytesPerSecond);

/// <summary>How an audit ended.</summary>
/// <param name="Outcome"><c>done</c>, <c>stopped</c>, <c>failed</c> or <c>cut-off</c> (the agent ended while it ran, and it was not begun again).</param>
/// <param name="Note">A sentence where it is not simply done; null else.</param>
/// <param name="ReportId">The last audit of this root that was done: its report can be asked for.</param>
public sealed record StoreAuditEnd(Guid Id, string Root, string? Asked, bool Full, string Outcome, string? Note, DateTimeOffset StartedAt, DateTimeOffset EndedAt, Guid? ReportId);

/// <summary>Asks for an audit of one root. It reads only; one runs at a time.</summary>
/// <param name="Root">One of <see cref="StoreAuditState.Roots"/>.</param>
/// <param name="Full">All bytes, and not a part of them.</param>
public sealed record StoreAuditRequest(Guid Id, string Root, bool Full, string Actor);

/// <summary>Asks to stop an audit. What it has seen so far is not reported: nothing is reported after one look.</summary>
public sealed record StoreAuditStop(Guid Id, string Actor);

/// <param name="Refusal">Null when it is as asked for.</param>
public sealed record StoreAuditAnswer(OperationRefusal? Refusal);

/// <summary>Asks for the report of an audit that is done.</summary>
public sealed record StoreAuditFetch(string Root, Guid Id);

/// <summary>What an audit found: as <c>ops audit-store --json</c> prints it, bounded.</summary>
/// <param name="Report">Null when the agent has it no longer.</param>
public sealed record StoreAuditReport(Guid Id, string Root, string? Asked, bool Full, DateTimeOffset EndedAt, AuditDocument? Report);

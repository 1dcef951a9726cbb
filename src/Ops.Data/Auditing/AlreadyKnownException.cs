namespace Ops.Data;

/// <summary>Ends the transaction of <see cref="AuditLog.ChangeAsync"/> for a request or answer that came before: nothing is written, and that is no failure. Caught where it was thrown.</summary>
internal sealed class AlreadyKnownException : Exception;

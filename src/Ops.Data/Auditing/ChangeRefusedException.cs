namespace Ops.Data;

/// <summary>Ends the transaction of <see cref="AuditLog.ChangeAsync"/> with nothing written; caught where it was thrown, and shown as a sentence.</summary>
internal sealed class ChangeRefusedException(string why) : Exception(why);

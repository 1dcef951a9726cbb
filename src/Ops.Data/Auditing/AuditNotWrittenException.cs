namespace Ops.Data;

/// <summary>An audit entry could not be written. Whatever was about to be done must not be done.</summary>
public sealed class AuditNotWrittenException(string message, Exception? inner = null) : Exception(message, inner);

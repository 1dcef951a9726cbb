using System.Data.Common;
using Ops.Data;

namespace Ops.Web;

/// <summary>A console that cannot keep its data ends at its start with one sentence and an exit code of its own (EX_IOERR of sysexits.h).</summary>
internal static class StorageFailure
{
    public const int ExitCode = 74;

    public static bool Is(Exception e) => IsOfDatabase(e) || e is IOException or UnauthorizedAccessException;

    public static bool IsOfDatabase(Exception e) =>
        e is DataDirectoryException or AuditNotWrittenException || DatabaseFailure.Is(e);

    public static string Sentence(Exception e, string dataDirectory)
    {
        var why = e is DataDirectoryException or AuditNotWrittenException ? e.Message : $"The database cannot be used: {(e.InnerException is DbException inner ? inner : e).Message}";
        var line = string.Join(' ', why.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return e is DataDirectoryException ? line : $"{line.TrimEnd('.')}. The console was not started; its data directory is {dataDirectory}.";
    }
}

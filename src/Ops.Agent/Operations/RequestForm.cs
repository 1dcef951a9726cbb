using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Whether a request makes sense at all, before anything else is asked: lengths, characters, ids. The sender may be hostile.</summary>
internal static class RequestForm
{
    private const int NameLimit = 200, TextLimit = 4000, PathLimit = 4096, ApproverLimit = 10, KeyLimit = 200;

    /// <returns>Why not, as a sentence; null when it is well formed.</returns>
    public static string? Problem(ExecuteRequest request) =>
        request.OperationId == Guid.Empty ? "It has no operation id."
        : Bad(request.Action, "action", 20)
        ?? Bad(request.FindingKey, "finding key", KeyLimit, mayBeEmpty: true)
        ?? BadPath(request.Path, request.PathBytes)
        ?? (request.Fingerprint is { } print ? Bad(print, "fingerprint", KeyLimit) : null)
        ?? Bad(request.Actor, "actor", NameLimit)
        ?? (request.Approvers is null ? "It has no list of approvers." : null)
        ?? (request.Approvers!.Count > ApproverLimit ? string.Create(CultureInfo.InvariantCulture, $"It names more than {ApproverLimit} approvers.") : null)
        ?? request.Approvers.Select(a => Bad(a, "name of an approver", NameLimit)).FirstOrDefault(p => p is not null)
        ?? Bad(request.Reason, "reason", TextLimit, mayHaveLines: true)
        ?? (request.BreakGlass is { } glass ? Bad(glass, "justification of break-glass", TextLimit, mayHaveLines: true) : null)
        ?? (request.ConsoleHead is { } head && (head.Length != 64 || !head.All(char.IsAsciiHexDigitLower)) ? "The head of the console's audit is not a hash." : null)
        ?? (request.Descriptor is < 0 ? "The descriptor is negative." : null)
        ?? (request.Process is { Pid: <= 0 or > 4194304 } ? "The pid is out of range." : null)
        ?? (request.UndoOf == Guid.Empty ? "The operation that it is about has no id." : null);

    /// <summary>The same for a preview, which changes nothing but looks.</summary>
    public static string? Problem(PreviewRequest request) =>
        Bad(request.Action, "action", 20)
        ?? Bad(request.FindingKey, "finding key", KeyLimit, mayBeEmpty: true)
        ?? BadPath(request.Path, request.PathBytes)
        ?? (request.Descriptor is < 0 ? "The descriptor is negative." : null)
        ?? (request.Process is { Pid: <= 0 or > 4194304 } ? "The pid is out of range." : null);

    /// <summary>The same request in a form that can be written down whatever is in it: cut, without characters that are none.</summary>
    public static ExecuteRequest Clean(ExecuteRequest request) => request with
    {
        Action = Clean(request.Action, 20),
        FindingKey = Clean(request.FindingKey, KeyLimit),
        Path = Clean(request.Path, PathLimit),
        PathBytes = request.PathBytes is { } bytes ? Clean(bytes, PathLimit * 2) : null,
        Fingerprint = request.Fingerprint is { } print ? Clean(print, KeyLimit) : null,
        Actor = Clean(request.Actor, NameLimit),
        Approvers = [.. (request.Approvers ?? []).Take(ApproverLimit).Select(a => Clean(a, NameLimit))],
        Reason = Clean(request.Reason, TextLimit),
        BreakGlass = request.BreakGlass is { } glass ? Clean(glass, TextLimit) : null,
        ConsoleHead = request.ConsoleHead is { } head ? Clean(head, 64) : null,
    };

    /// <summary>Whether the same is asked for under one id. A console that lost track asks again with another fingerprint or a later head, to learn what became of it.</summary>
    public static bool IsSame(ExecuteRequest first, ExecuteRequest second) =>
        first.Action == second.Action && first.Actor == second.Actor && first.Reason == second.Reason && first.UndoOf == second.UndoOf
        && first.Process == second.Process && first.Descriptor == second.Descriptor && first.FindingKey == second.FindingKey && first.BreakGlass == second.BreakGlass
        && first.Approvers.SequenceEqual(second.Approvers)
        // An undo's path is the journal's, whatever the request says.
        && (first.UndoOf is not null || (first.Path == second.Path && first.PathBytes == second.PathBytes));

    /// <summary>The path as bytes; a path that is below no root where the bytes are not base64.</summary>
    public static FilePath PathOf(string text, string? bytes)
    {
        try
        {
            return bytes is null ? FilePath.FromText(text) : new FilePath(Convert.FromBase64String(bytes));
        }
        catch (FormatException)
        {
            return default;
        }
    }

    private static string? BadPath(string? path, string? pathBytes)
    {
        if (path is null)
            return "It has no path.";
        if (Encoding.UTF8.GetByteCount(path) > PathLimit || pathBytes?.Length > PathLimit * 2)
            return "The path is longer than a path can be.";
        if (pathBytes is { } text && !Base64.IsValid(text))
            return "The bytes of the path are not base64.";
        var bytes = pathBytes is { } given ? Convert.FromBase64String(given) : Encoding.UTF8.GetBytes(path);
        if (bytes.Contains((byte)0) || !IsText(path))
            return "The path contains a NUL or invalid characters.";
        // Bytes that name another file than the text would show the operator one file and touch another.
        if (pathBytes is not null && Encoding.UTF8.GetString(bytes) != path)
            return "The path and its bytes name different files.";
        return new FilePath(bytes).SaysWhereItLeads ? null : "The path is not plain: it has \".\" or \"..\" in it.";
    }

    private static string? Bad(string? text, string what, int limit, bool mayBeEmpty = false, bool mayHaveLines = false) =>
        text is null || (!mayBeEmpty && string.IsNullOrWhiteSpace(text)) ? $"It has no {what}."
        : text.Length > limit ? string.Create(CultureInfo.InvariantCulture, $"The {what} is longer than {limit} characters.")
        : !IsText(text) || text.Any(c => char.IsControl(c) && !(mayHaveLines && (c is '\n' or '\r' or '\t'))) ? $"The {what} contains characters that cannot be shown."
        : null;

    // A lone surrogate is no character, and would be written as another one.
    private static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return false;
        }
        return true;
    }

    private static string Clean(string? text, int limit)
    {
        text ??= "";
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Length <= limit ? text : text[..limit] + "..."));
    }
}

using System.Text;

namespace Ops.Web.Live;

/// <summary>Text that a mail host controls (paths, commands, reasons), made safe to show. Blazor encodes markup; this stops what markup encoding lets through:
/// control characters, line breaks, bidirectional overrides and bytes that are not UTF-8.</summary>
public static class HostText
{
    /// <summary>The true path of a finding, escaped. From the bytes where the text lost some.</summary>
    public static string PathOf(Finding finding) => PathOf(finding.Path, finding.PathBytes);

    /// <inheritdoc cref="PathOf(Finding)"/>
    public static string PathOf(QuarantineItem item) => PathOf(item.Path, item.PathBytes);

    /// <inheritdoc cref="PathOf(Finding)"/>
    public static string PathOf(string path, string? pathBytes) => FindingWords.PathOf(path, pathBytes).Display;

    /// <summary>Raw text from a host: everything escaped, backslashes too, so that no name can imitate an escape.</summary>
    public static string Escape(string? raw) => raw is null ? "" : FilePath.Escape(raw);

    /// <summary>A sentence whose parts an agent has escaped already: its backslashes stay single, all else is escaped as if it came raw.</summary>
    public static string Clean(string? sentence) => sentence is null
        ? ""
        : sentence.Contains('\\', StringComparison.Ordinal) ? string.Join('\\', sentence.Split('\\').Select(FilePath.Escape)) : FilePath.Escape(sentence);

    /// <summary>Cuts out of the middle, where paths carry least; the whole is never longer than <paramref name="most"/> characters.</summary>
    public static string Shorten(string text, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 8);
        if (text.Length <= most)
            return text;
        var tail = most / 2;
        var head = most - tail - 1;
        // Half of a surrogate pair would be shown as a replacement character.
        if (char.IsHighSurrogate(text[head - 1]))
            head--;
        var from = text.Length - tail;
        if (char.IsLowSurrogate(text[from]))
            from++;
        return new StringBuilder(most).Append(text, 0, head).Append('…').Append(text, from, text.Length - from).ToString();
    }

    /// <summary>The part that may be cut on the page and the part that must stay: directory with slash, and name.</summary>
    public static (string Directory, string Name) Split(string escapedPath)
    {
        var slash = escapedPath.LastIndexOf('/');
        return slash < 0 ? ("", escapedPath) : (escapedPath[..(slash + 1)], escapedPath[(slash + 1)..]);
    }
}

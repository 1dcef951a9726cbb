using System.Globalization;
using System.Text;
using System.Text.Json;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Where a command writes, and how: fitted and coloured for people, plain for pipes.</summary>
/// <param name="width">Columns of the terminal; null when the output is no terminal.</param>
public sealed class Terminal(TextWriter output, TextWriter error, int? width, bool colours)
{
    /// <summary>The real one. <c>NO_COLOR</c> and <c>TERM=dumb</c> switch colours off.</summary>
    public static Terminal OfConsole()
    {
        // UTF-8 without a byte order mark, and not through Console.Out: that flushes every piece by itself.
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 16 * 1024) { AutoFlush = false };
        int? width = Console.IsOutputRedirected ? null : WindowWidth();
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") is "dumb";
        return new Terminal(output, Console.Error, width, width is not null && !plain);
    }

    public bool IsInteractive => width is not null;

    public int Width => width ?? int.MaxValue;

    /// <summary>A line for people; text from the host must be escaped by the caller.</summary>
    public void Line(string text = "") => output.Write(text + "\n");

    /// <summary>A remark that does not belong to the result.</summary>
    public void Remark(string text) => error.WriteLine(text);

    /// <summary>One finding a line; JSON escapes what could steer a terminal.</summary>
    public void Json(Finding finding) => Line(JsonSerializer.Serialize(finding, OpsJson.Default.Finding));

    /// <summary>Hands everything on. A reader that has gone away is no error.</summary>
    /// <returns>False when nobody reads any more.</returns>
    public bool Flush()
    {
        try
        {
            output.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public string Paint(string text, string verdict) => !colours ? text : verdict switch
    {
        "stale" or "orphan" or "orphan-linked" => $"\e[33m{text}\e[0m",
        "held" => $"\e[32m{text}\e[0m",
        "waiting" => $"\e[36m{text}\e[0m",
        "ghost-write" or "split-brain" or "mismatch" => $"\e[1;31m{text}\e[0m",
        _ => $"\e[2m{text}\e[0m",
    };

    /// <summary>A table fitted to the terminal; tab-separated without a head for pipes.</summary>
    /// <param name="verdictOf">Word that gives a row its colour.</param>
    public void Table<T>(IReadOnlyList<string> heads, IReadOnlyList<T> rows, Func<T, string[]> cells, Func<T, string> verdictOf)
    {
        var lines = rows.Select(r => (Cells: cells(r), Verdict: verdictOf(r))).ToList();
        if (!IsInteractive)
        {
            foreach (var (text, _) in lines)
                Line(string.Join('\t', text));
            return;
        }

        var widths = heads.Select((head, i) => lines.Select(l => WidthOf(l.Cells[i])).Append(head.Length).Max()).ToArray();
        // The last column holds paths: it gets what the others leave, and loses its middle when that is not enough.
        var others = widths[..^1].Sum() + 2 * (widths.Length - 1);
        widths[^1] = Math.Max(12, Math.Min(widths[^1], Width - others - 1));
        Line(Fit(heads, widths).TrimEnd());
        foreach (var (text, verdict) in lines)
            Line(Paint(Fit(text, widths).TrimEnd(), verdict));
    }

    public static string Age(double? seconds) => seconds switch
    {
        null => "",
        < 10 => seconds.Value.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 120 => seconds.Value.ToString("0", CultureInfo.InvariantCulture) + " s",
        < 7200 => (seconds.Value / 60).ToString("0", CultureInfo.InvariantCulture) + " min",
        < 259200 => (seconds.Value / 3600).ToString("0", CultureInfo.InvariantCulture) + " h",
        _ => (seconds.Value / 86400).ToString("0", CultureInfo.InvariantCulture) + " d",
    };

    /// <summary>The path of a finding, safe to print; from the true bytes when it is not UTF-8.</summary>
    public static string PathOf(Finding finding) => AreaScan.PathOf(finding).Display;

    /// <summary>Owner as <c>pid command</c>, with a word for what is known of it.</summary>
    public static string OwnerOf(Finding finding)
    {
        if (finding.Owner is not { } owner)
            return "";
        var pid = owner.Pid is { } number ? number.ToString(CultureInfo.InvariantCulture) : "?";
        var host = owner.Host is null ? "" : "@" + FilePath.Escape(owner.Host);
        var state = finding.OwnerAlive switch { true => "", false => " (gone)", _ => " (?)" };
        return owner.Command is null ? $"{pid}{host}{state}" : $"{pid} {FilePath.Escape(owner.Command)}{state}";
    }

    private static int? WindowWidth()
    {
        try
        {
            return Console.WindowWidth is > 0 and var columns ? columns : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }

    private static string Fit(IReadOnlyList<string> cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Count; i++)
        {
            var cell = Shorten(cells[i], widths[i]);
            line.Append(cell).Append(' ', Math.Max(0, widths[i] - WidthOf(cell)) + (i < cells.Count - 1 ? 2 : 0));
        }
        return line.ToString();
    }

    private static string Shorten(string text, int width)
    {
        if (WidthOf(text) <= width)
            return text;
        var runes = text.EnumerateRunes().ToList();
        var head = (width - 1) / 3;
        return string.Concat(runes.Take(head)) + "…" + string.Concat(runes.Skip(runes.Count - (width - head - 1)));
    }

    // Good enough for fitting: wide characters make a ragged edge, never a wrong path.
    private static int WidthOf(string text) => text.EnumerateRunes().Count();
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Where a command writes, and how: fitted and coloured for people, plain for pipes.</summary>
/// <param name="width">Columns of the terminal; null when the output is not a terminal.</param>
public sealed class Terminal(TextWriter output, TextWriter error, int? width, bool colours)
{
    private const int JsonAtOnce = 32 * 1024;

    private readonly ArrayBufferWriter<byte> _json = new(2 * JsonAtOnce);
    private Utf8JsonWriter? _writer;

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

    /// <summary>A line for people; text from the host must be escaped by the caller.</summary>
    public void Line(string text = "") => Text(text + "\n");

    /// <summary>Text with line ends of its own.</summary>
    public void Text(string text)
    {
        WriteJson();
        output.Write(text);
    }

    /// <summary>Begins a new screen; where control codes are not wanted, a new paragraph.</summary>
    internal void Clear() => Text(colours ? "\e[H\e[2J" : "\n");

    /// <summary>Whether the person pressed q since this was last asked; false where keys cannot be read.</summary>
    internal static bool PressedQuit()
    {
        while (!Console.IsInputRedirected && Console.KeyAvailable)
        {
            if (Console.ReadKey(intercept: true).KeyChar is 'q' or 'Q')
                return true;
        }
        return false;
    }

    /// <summary>A remark that does not belong to the result.</summary>
    public void Remark(string text) => error.WriteLine(text);

    /// <summary>What the result comes to. In a pipe the result is the table alone, and this is a remark.</summary>
    public void Summary(string text)
    {
        if (IsInteractive)
            Line(text);
        else
            Remark("ops: " + text);
    }

    /// <summary>A paragraph about one row of a table: what speaks for it, and the next step.</summary>
    public void Explanation(string title, IEnumerable<string> evidence, string next)
    {
        Line();
        Line(title);
        foreach (var sentence in evidence)
            Line("  " + sentence);
        Line("  Next: " + next);
    }

    /// <summary>One finding a line; JSON escapes what could steer a terminal.</summary>
    public void Json(Finding finding)
    {
        _writer ??= new Utf8JsonWriter(_json, new JsonWriterOptions { Encoder = OpsJson.Default.Options.Encoder });
        _writer.Reset();
        JsonSerializer.Serialize(_writer, finding, OpsJson.Default.Finding);
        _writer.Flush();
        _json.Write("\n"u8);
        if (_json.WrittenCount >= JsonAtOnce || output is not StreamWriter)
            WriteJson();
    }

    // What is written is UTF-8 already: a hundred thousand findings need not go through characters.
    private void WriteJson()
    {
        if (_json.WrittenCount == 0)
            return;
        if (output is StreamWriter { BaseStream: var stream })
        {
            output.Flush();
            stream.Write(_json.WrittenSpan);
        }
        else
        {
            output.Write(Encoding.UTF8.GetString(_json.WrittenSpan));
        }
        _json.ResetWrittenCount();
    }

    /// <summary>Writes out everything. A closed pipe is no error.</summary>
    /// <returns>False when the other end of the pipe is closed.</returns>
    public bool Flush()
    {
        try
        {
            WriteJson();
            output.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public string Paint(string text, string verdict) => colours ? $"\e[{Colour(Words.Verdict(verdict))}m{text}\e[0m" : text;

    // Without a default: a new verdict does not compile until it has its colour.
#pragma warning disable CS8524
    private static string Colour(VerdictWord? verdict) => verdict switch
    {
        VerdictWord.Stale or VerdictWord.Orphan or VerdictWord.OrphanLinked => "33",
        VerdictWord.Held => "32",
        VerdictWord.Waiting => "36",
        VerdictWord.GhostWrite or VerdictWord.SplitBrain or VerdictWord.Mismatch => "1;31",
        VerdictWord.NotALock or VerdictWord.Refused or null => "2",
    };
#pragma warning restore CS8524

    /// <summary>A table fitted to the terminal; tab-separated for pipes, without a head unless it was asked for.</summary>
    /// <param name="verdictOf">Word that gives a row its colour.</param>
    /// <param name="cut">How a cell of the last column is made shorter; by default as a path.</param>
    internal void Table<T>(IReadOnlyList<Column<T>> columns, IReadOnlyList<T> rows, Func<T, string> verdictOf, TableShape shape, Func<string, int, string>? cut = null)
    {
        if (!IsInteractive)
        {
            if (shape.Header)
                Line(string.Join('\t', columns.Select(c => c.Head)));
            foreach (var row in rows)
                Line(string.Join('\t', columns.Select(c => c.Text(row))));
            return;
        }
        var lines = Agent.Table.Lines(columns, rows, shape.Wide ? null : width, cut);
        Line(lines[0]);
        for (var i = 0; i < rows.Count; i++)
            Line(Paint(lines[i + 1], verdictOf(rows[i])));
    }

    /// <summary>The path of a finding, safe to print; from the true bytes when it is not UTF-8.</summary>
    public static string PathOf(Finding finding) => FindingWords.PathOf(finding).Display;

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
}

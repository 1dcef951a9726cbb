using System.Text;

namespace Ops.Agent;

/// <summary>A column of a table.</summary>
/// <param name="Text">The cell of a row, safe to print.</param>
/// <param name="Leaves">When the terminal is too narrow, columns are left out in this order, 1 first; null: never.</param>
internal sealed record Column<T>(string Head, Func<T, string> Text, int? Leaves = null);

/// <param name="Wide">Every column and whole paths, however wide the terminal is.</param>
/// <param name="Header">A head also when the output goes to a pipe.</param>
internal readonly record struct TableShape(bool Wide = false, bool Header = false);

/// <summary>Fits a table into the width of a terminal: the last column gets what the others leave.</summary>
internal static class Table
{
    /// <summary>Below this, columns are left out rather than directories of paths.</summary>
    private const int RoomForLast = 24;

    /// <summary>Lines without line ends; the first is the head.</summary>
    /// <param name="width">Columns of the terminal, the last of which stays empty; null to fit nothing.</param>
    /// <param name="cut">How a cell of the last column is made shorter; by default as a path.</param>
    public static IReadOnlyList<string> Lines<T>(IReadOnlyList<Column<T>> columns, IReadOnlyList<T> rows, int? width, Func<string, int, string>? cut = null)
    {
        var shown = columns.Select((column, i) => (Column: column, Cells: (string[])[column.Head, .. rows.Select(column.Text)], Leaves: i == columns.Count - 1 ? null : column.Leaves)).ToList();
        if (width is { } available)
        {
            cut ??= PathText.Cut;
            var last = shown[^1].Cells;
            // Room for the longest last name, but no more than two fifths of the terminal: one long name must not cost all the other columns.
            var wanted = Math.Min(available * 2 / 5, Math.Min(last.Max(Columns.Of), Math.Max(RoomForLast, last.Max(cell => Columns.Of(cut(cell, 1))))));
            while (Rest() < wanted && shown.FindIndex(s => s.Leaves is not null) >= 0)
                shown.Remove(shown.Where(s => s.Leaves is not null).MinBy(s => s.Leaves));
            var rest = Math.Max(1, Rest());
            shown[^1] = (shown[^1].Column, [.. last.Select(cell => cut(cell, rest))], null);

            int Rest() => available - 1 - shown.SkipLast(1).Sum(s => s.Cells.Max(Columns.Of) + 2);
        }
        return [.. Enumerable.Range(0, rows.Count + 1).Select(row => Line(shown.Select(s => (s.Cells[row], s.Cells.Max(Columns.Of)))))];
    }

    private static string Line(IEnumerable<(string Text, int Width)> cells)
    {
        var line = new StringBuilder();
        foreach (var (text, width) in cells)
            line.Append(text).Append(' ', width - Columns.Of(text) + 2);
        return line.ToString().TrimEnd();
    }
}

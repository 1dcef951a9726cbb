namespace Ops.Agent;

/// <summary>Paths for a column of a terminal.</summary>
internal static class PathText
{
    private const string Gap = "…";

    /// <summary>Marks the path of a file that has no name any more, as the kernel does.</summary>
    public const string Deleted = " (deleted)";

    /// <summary>The path in at most <paramref name="width"/> columns: directories in its middle give way to <c>…</c>. The last name always stays whole, even if it alone is wider.</summary>
    /// <param name="path">Already escaped.</param>
    public static string Cut(string path, int width)
    {
        var parts = path.Split('/');
        if (Columns.Of(path) <= width || parts.Length < 3)
            return path;
        // One from the left, one from the right, as long as they fit: the store and the mailbox's own directory both say most.
        var (left, right) = (0, 0);
        for (var fits = true; fits;)
        {
            fits = false;
            // The first part of an absolute path is empty: alone it would be nothing but a slash.
            var further = left == 0 && parts[0] == "" ? 2 : left + 1;
            if (Fits(further, right))
                (left, fits) = (further, true);
            if (Fits(left, right + 1))
                (right, fits) = (right + 1, true);
        }
        return With(left, right);

        bool Fits(int fromLeft, int fromRight) => fromLeft + fromRight + 1 < parts.Length && Columns.Of(With(fromLeft, fromRight)) <= width;
        string With(int fromLeft, int fromRight) => string.Join('/', [.. parts[..fromLeft], Gap, .. parts[^(fromRight + 1)..]]);
    }
}

/// <summary>Columns that text takes on a terminal.</summary>
internal static class Columns
{
    // Good enough for fitting: wide characters make a ragged edge, never a wrong path.
    public static int Of(string text) => text.EnumerateRunes().Count();

    /// <summary>The beginning of a text, with <c>…</c> at the end when that is not all.</summary>
    public static string Cut(string text, int width) => Of(text) <= width ? text : string.Concat(text.EnumerateRunes().Take(width - 1)) + "…";
}

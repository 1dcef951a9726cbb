namespace Ops.Incidents;

/// <summary>Where drills are: in directories of their own, which are known by their name.</summary>
public static class DrillPlace
{
    /// <summary>How the name of such a directory begins.</summary>
    public const string Prefix = "ops-drill-";

    /// <summary>Whether a path is below the directory of a drill.</summary>
    public static bool Holds(string path)
    {
        var at = path.IndexOf("/" + Prefix, StringComparison.Ordinal);
        return at >= 0 && path.IndexOf('/', at + 1) > 0;
    }

    /// <summary>Whether a mailbox is one of this host as far as drills go. Kernel locks are those of the whole machine: a real host sees those of a drill, and a drill the real ones.</summary>
    /// <param name="isDrill">Whether the host is a drill.</param>
    /// <param name="roots">What the host looks at.</param>
    public static bool Belongs(string path, bool isDrill, IReadOnlyList<string> roots) => isDrill ? Holds(path) : !Holds(path) || roots.Any(r => path.StartsWith(r + "/", StringComparison.Ordinal));
}

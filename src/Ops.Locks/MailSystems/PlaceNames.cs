namespace Ops.Locks;

/// <summary>Names on which the meaning of other names depends (<see cref="Place.Siblings"/>): who keeps a list of candidates has to list directories again when one of these comes or goes.</summary>
public static class PlaceNames
{
    private static readonly byte[][] Deciding = [.. new[] { "cur", "new", "tmp", "input", "msglog", "proc" }.Select(System.Text.Encoding.ASCII.GetBytes)];

    /// <summary>Directories whose own names mean something only next to one of those.</summary>
    public static IReadOnlyList<string> Dependent { get; } = ["tmp", "new", "cur", "scan", "lock"];

    /// <summary>Whether this name decides what names in the directories next to it mean.</summary>
    public static bool Decide(ReadOnlySpan<byte> name)
    {
        foreach (var known in Deciding)
        {
            if (name.SequenceEqual(known))
                return true;
        }
        return false;
    }
}

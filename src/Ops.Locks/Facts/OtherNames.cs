namespace Ops.Locks;

/// <summary>Names of a file with several names that a search below the roots has found.</summary>
/// <param name="Paths">Those found, the file's own among them.</param>
/// <param name="Unfinished">Why there may be more below the roots; null when all directories were gone through.</param>
public sealed record OtherNames(IReadOnlyList<FilePath> Paths, string? Unfinished)
{
    /// <summary>The names other than this one in words: what they are, how many were not found, and why.</summary>
    public string Besides(FilePath own, uint linkCount)
    {
        var others = Paths.Where(p => p != own).Distinct().ToList();
        var missing = (long)linkCount - 1 - others.Count;
        var named = string.Join(", ", others.Take(4).Select(p => p.Display)) + (others.Count > 4 ? $" and {others.Count - 4} more" : "");
        var rest = missing <= 0 ? ""
            : Unfinished is { } why ? $"{missing} {(missing == 1 ? "name was" : "names were")} not found: {why}"
            : $"{missing} {(missing == 1 ? "name is" : "names are")} not below the roots";
        return (named, rest) switch
        {
            ({ Length: 0 }, _) => rest,
            (_, { Length: 0 }) => named,
            _ => $"{named} ({rest})",
        };
    }

    public bool AnyBesides(FilePath own) => Paths.Any(p => p != own);
}

namespace Ops.Web.Live;

/// <summary>Number of findings by verdict word; a word without findings is absent. Never changes.</summary>
internal sealed class VerdictCounts
{
    public static readonly VerdictCounts Empty = new([]);

    private readonly Dictionary<string, int> _byWord;

    private VerdictCounts(Dictionary<string, int> byWord) => _byWord = byWord;

    public IReadOnlyDictionary<string, int> ByWord => _byWord;

    public static VerdictCounts Of(IEnumerable<LiveFinding> findings)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var found in findings)
            Add(counts, found.Finding.Verdict, 1);
        return new(counts);
    }

    public VerdictCounts With(VerdictCounts others) => Sum(others, +1);

    /// <param name="others">Part of what is counted here; null: nothing.</param>
    public VerdictCounts Without(VerdictCounts? others) => others is null ? this : Sum(others, -1);

    /// <summary>After each of these findings was replaced: by one that is new where <c>Before</c> is null, taken away where <c>Now</c> is.</summary>
    public VerdictCounts After(IEnumerable<(LiveFinding? Before, LiveFinding? Now)> changes)
    {
        var counts = Copy();
        foreach (var (before, now) in changes)
        {
            if (before is not null)
                Add(counts, before.Finding.Verdict, -1);
            if (now is not null)
                Add(counts, now.Finding.Verdict, +1);
        }
        return new(counts);
    }

    private VerdictCounts Sum(VerdictCounts others, int sign)
    {
        if (others._byWord.Count == 0)
            return this;
        var counts = Copy();
        foreach (var (word, number) in others._byWord)
            Add(counts, word, sign * number);
        return new(counts);
    }

    private Dictionary<string, int> Copy() => new(_byWord, StringComparer.Ordinal);

    private static void Add(Dictionary<string, int> counts, string word, int number)
    {
        if (counts.GetValueOrDefault(word) + number is var now and not 0)
            counts[word] = now;
        else
            counts.Remove(word);
    }
}

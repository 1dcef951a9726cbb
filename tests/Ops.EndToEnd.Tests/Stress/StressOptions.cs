namespace Ops.Testing;

/// <summary>How hard a stress run is.</summary>
/// <param name="Breaks">Stale locks that must have been broken at the end.</param>
/// <param name="Removals">Leftovers that must have been removed at the end.</param>
public sealed record StressOptions(int Breaks, int Removals)
{
    /// <summary>Mailboxes that all lock users share.</summary>
    public int Mailboxes { get; init; } = 64;

    public int Users { get; init; } = 20;

    /// <summary>Stale locks that wait for being old enough, or for their turn.</summary>
    public int Pending { get; init; } = 24;

    /// <summary>Of so many takeovers, one finds that the stale lock was cleaned up, and the name taken by a living user, just before the exchange.</summary>
    public int OneInSwept { get; init; } = 5;

    /// <summary>Of so many, one is asked of two agents at the same time.</summary>
    public int OneInAskedTwice { get; init; } = 4;

    public TimeSpan AtMost { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Go on for so long, however many were broken by then; null: until there were enough.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Further deliverers that are real programs: <c>dotlockfile</c>, <c>lockfile</c>, <c>python3</c> (its module <c>mailbox</c>).</summary>
    public IReadOnlyList<string> Programs { get; init; } = [];
}

/// <summary>What a stress run did, and everything that must never happen and did.</summary>
/// <param name="GivenBack">Living locks that were displaced by the exchange and given back.</param>
/// <param name="LeftAlone">Living locks that a break was asked for and that were refused.</param>
/// <param name="Messages">Messages appended by lock users, and staged ones.</param>
/// <param name="MedianBreak">Time of one break, preview and all looks included.</param>
public sealed record StressResult(
    int Broken, int GivenBack, int LeftAlone, int Removed, long Messages, long Staged, long Displaced, TimeSpan Duration, TimeSpan MedianBreak,
    IReadOnlyDictionary<string, int> Outcomes, IReadOnlyList<string> Problems)
{
    /// <summary>Messages that each kind of real program delivered.</summary>
    public IReadOnlyDictionary<string, long> ByProgram { get; init; } = new Dictionary<string, long>();

    public double BreaksPerSecond => Broken / Duration.TotalSeconds;

    public override string ToString() =>
        $"{Broken} broken in {Duration.TotalSeconds:0.0} s ({BreaksPerSecond:0.0}/s, median {MedianBreak.TotalMilliseconds:0} ms each), {GivenBack} living locks displaced and given back "
        + $"(seen by their users: {Displaced}), {LeftAlone} living locks left alone, {Removed} leftovers removed; {Messages} messages appended, {Staged} staged; "
        + $"outcomes: {string.Join(", ", Outcomes.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key} {o.Value}"))}";
}

namespace Ops.Incidents;

/// <summary>When what only goes on, an open episode or incident, is stored once more.</summary>
internal static class StoreAgain
{
    /// <summary>This long after it was stored, or up to seven seconds sooner: those of a fleet are not all due at once.</summary>
    public static readonly TimeSpan After = TimeSpan.FromSeconds(15);

    /// <summary>From when on that time counts.</summary>
    /// <param name="stored">When it was stored.</param>
    /// <param name="number">Always the same for one episode or incident.</param>
    public static DateTimeOffset CountedFrom(DateTimeOffset stored, long number) => stored.AddSeconds(-(number & 7));
}

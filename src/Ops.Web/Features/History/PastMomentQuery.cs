using System.Globalization;
using Ops.Data;
using Ops.Web.Shared;

namespace Ops.Web.Features.History;

/// <summary>Which moment the page shows, as its address says it.</summary>
/// <param name="At">Never later than now.</param>
public sealed record PastMomentQuery(DateTimeOffset At)
{
    public const string Path = "/past";

    /// <summary>How far back the page begins without a moment in its address.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromMinutes(15);

    /// <summary>The hour that is shown around it, half of it before where there is so much after.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);

    // Before it no mail server had a lock to record, and the calculations below stay in range.
    private static readonly DateTimeOffset Earliest = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A time as ISO 8601, or milliseconds since 1970; anything else is <see cref="Default"/>.</summary>
    public static PastMomentQuery Parse(string address, DateTimeOffset now)
    {
        var text = Addresses.Query(address).GetValueOrDefault("at") ?? "";
        DateTimeOffset? at = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms < 253_402_300_000_000 ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed) ? parsed
            : null;
        return at is { } given && given >= Earliest ? new(given > now ? now : given) : new(now - Default);
    }

    // One that lasted longer, and is over, is missing.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public MomentFilter ToFilter(DateTimeOffset now) => new(
        At.ToUnixTimeMilliseconds(), EpisodeNumbers.First(At - Longest), EpisodeNumbers.First(At + TimeSpan.FromMilliseconds(1)),
        (End(now) - Window).ToUnixTimeMilliseconds(), End(now).ToUnixTimeMilliseconds());

    public string ToAddress() => Addresses.Past(At);

    public PastMomentQuery Moved(TimeSpan by) => this with { At = At + by };

    /// <summary>The right end of the hour that is shown.</summary>
    public DateTimeOffset End(DateTimeOffset now) => At + (Window / 2) is var end && end > now ? now : end;
}

using System.Globalization;
using Ops.Data;
using Ops.Web.Shared;

namespace Ops.Web.Features.History;

/// <summary>What the History page shows, as its address says it. Empty means "any".</summary>
/// <param name="Host">Host id.</param>
/// <param name="Mailbox">A path or the user of a mailbox; whole.</param>
/// <param name="Cause">Word of a cause.</param>
/// <param name="Time">How far back: a word of <see cref="Times"/>.</param>
/// <param name="Below">Number of the last episode of the page before; null for the newest.</param>
public sealed record HistoryQuery(string Host = "", string Mailbox = "", string Program = "", string Cause = "", string Time = HistoryQuery.Day, long? Below = null)
{
    public const string Path = "/history";

    public const int PageSize = 50;

    public const string Day = "24h";

    /// <summary>Words of the address with their labels.</summary>
    public static IReadOnlyList<(string Word, string Label)> Times { get; } = [("1h", "last hour"), (Day, "last 24 hours"), ("7d", "last 7 days"), ("30d", "last 30 days"), ("90d", "last 90 days")];

    /// <summary>Whether anything is left out besides older times.</summary>
    public bool IsActive => Host.Length + Mailbox.Length + Program.Length + Cause.Length > 0;

    public static HistoryQuery Parse(string address)
    {
        var query = Addresses.Query(address);
        string Value(string name) => query.GetValueOrDefault(name) ?? "";
        return new(
            Value("host"), Value("mailbox"), Value("program"), Value("cause"), Times.Any(t => t.Word == Value("time")) ? Value("time") : Day,
            long.TryParse(Value("below"), NumberStyles.None, CultureInfo.InvariantCulture, out var below) ? below : null);
    }

    public string ToAddress() => Addresses.WithQuery(
        Path, ("host", Host), ("mailbox", Mailbox), ("program", Program), ("cause", Cause), ("time", Time == Day ? null : Time), ("below", Below?.ToString(CultureInfo.InvariantCulture)));

    public DateTimeOffset Since(DateTimeOffset now) => now - Time switch
    {
        "1h" => TimeSpan.FromHours(1),
        "7d" => TimeSpan.FromDays(7),
        "30d" => TimeSpan.FromDays(30),
        "90d" => TimeSpan.FromDays(90),
        _ => TimeSpan.FromDays(1),
    };

    public EpisodeFilter ToFilter(DateTimeOffset now) => new(Or(Host), Or(Mailbox), Or(Program), Or(Cause), EpisodeNumbers.First(Since(now)));

    private static string? Or(string value) => value.Length == 0 ? null : value;
}

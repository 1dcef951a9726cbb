using System.Globalization;
using Ops.Data;
using Ops.Web.Shared;

namespace Ops.Web.Features.Audit;

/// <summary>What the audit page shows, as its address says it. Empty means "any".</summary>
/// <param name="Text">Part of path, reason, actor, outcome or detail.</param>
/// <param name="Operation">Id of one operation.</param>
/// <param name="Page">From 1.</param>
/// <param name="Batch">Id of one batch: the entries of all its rows.</param>
public sealed record AuditQuery(string Host = "", string Actor = "", string Action = "", string Text = "", Guid? Operation = null, int Page = 1, Guid? Batch = null)
{
    public const string Path = "/audit";

    public const int PageSize = 50;

    private const int LastPage = 1_000_000;

    /// <summary>Whether anything is left out.</summary>
    public bool IsActive => Host.Length + Actor.Length + Action.Length + Text.Length > 0 || Operation is not null || Batch is not null;

    public int Skip => (Page - 1) * PageSize;

    public static AuditQuery Parse(string address)
    {
        var query = Addresses.Query(address);
        string Value(string name) => query.GetValueOrDefault(name) ?? "";
        return new(
            Value("host"), Value("actor"), Value("action"), Value("q"), Guid.TryParse(Value("operation"), out var id) ? id : null,
            int.TryParse(Value("page"), CultureInfo.InvariantCulture, out var page) && page is > 0 and < LastPage ? page : 1,
            Guid.TryParse(Value("batch"), out var batch) ? batch : null);
    }

    public string ToAddress() => Addresses.WithQuery(
        Path, ("host", Host), ("actor", Actor), ("action", Action), ("q", Text), ("operation", Operation?.ToString()), ("batch", Batch?.ToString()),
        ("page", Page > 1 ? Page.ToString(CultureInfo.InvariantCulture) : null));

    public AuditFilter ToFilter() => new(Or(Host), Or(Actor), Or(Action), Or(Text), Operation, Batch: Batch);

    /// <summary>"51 to 100 of 312".</summary>
    public string RangeOf(AuditPage shown) => shown.Total == 0 ? "none"
        : $"{Labels.Number(Skip + 1)} to {Labels.Number(Skip + shown.Entries.Count)} of {Labels.Number(shown.Total)}";

    public bool HasNext(AuditPage shown) => Skip + shown.Entries.Count < shown.Total;

    private static string? Or(string value) => value.Length == 0 ? null : value;
}

using Ops.Web.Shared;

namespace Ops.Web.Features.Graph;

/// <summary>What the graph shows; its address carries it.</summary>
/// <param name="Host">Host id; empty for all.</param>
/// <param name="Mailbox">Path of one mailbox of that host; empty for everything that waits.</param>
/// <param name="Open">Folds that are drawn one by one, apart by commas.</param>
public sealed record GraphFilter(string Host = "", string Mailbox = "", string Open = "")
{
    public const string Path = "/graph";

    public IReadOnlySet<string> Opened => Open.Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    public static GraphFilter FromAddress(string address)
    {
        var query = Addresses.Query(address);
        return new(query.GetValueOrDefault("host", ""), query.GetValueOrDefault("path", ""), query.GetValueOrDefault("open", ""));
    }

    public string ToAddress() => Addresses.WithQuery(Path, ("host", Host), ("path", Host.Length == 0 ? "" : Mailbox), ("open", Open));

    public GraphFilter WithOpen(string fold) => this with { Open = string.Join(',', Opened.Append(fold).Order(StringComparer.Ordinal)) };
}

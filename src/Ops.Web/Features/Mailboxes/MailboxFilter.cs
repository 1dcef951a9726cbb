using Ops.Web.Shared;

namespace Ops.Web.Features.Mailboxes;

/// <summary>What the list of mailboxes shows; its address carries it.</summary>
/// <param name="State">Word of a <see cref="MailboxState"/>; <c>all</c> for every one; empty for those that are not free.</param>
/// <param name="Host">Host id; empty for all.</param>
public sealed record MailboxFilter(string Text = "", string State = "", string Host = "")
{
    /// <summary>The word that shows free mailboxes too.</summary>
    public const string All = "all";

    public const string Path = "/mailboxes";

    public bool IsActive => this != new MailboxFilter();

    public static MailboxFilter FromAddress(string address)
    {
        var query = Addresses.Query(address);
        return new(query.GetValueOrDefault("q", ""), query.GetValueOrDefault("state", ""), query.GetValueOrDefault("host", ""));
    }

    public string ToAddress() => Addresses.WithQuery(Path, ("q", Text), ("state", State), ("host", Host));

    public bool Matches(string hostId, MailboxCard card) =>
        (State.Length == 0 ? card.State != MailboxState.Free : State == All || State == card.State.Word())
        && (Host.Length == 0 || Host == hostId)
        && (Text.Length == 0 || card.Path.Contains(Text, StringComparison.OrdinalIgnoreCase) || card.User?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true
            || card.System?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true || card.Cause.Contains(Text, StringComparison.OrdinalIgnoreCase));
}

using Ops.Integrity;
using Ops.Web.Shared;

namespace Ops.Web.Features.Integrity;

/// <summary>What the page Integrity shows, as its address says it. Empty means "any".</summary>
/// <param name="Host">Host id of the store whose report is shown.</param>
/// <param name="Root">Its directory.</param>
/// <param name="Check">Word of a check.</param>
/// <param name="Text">Part of mailbox, path or UID, in any case.</param>
public sealed record IntegrityFilter(string Host = "", string Root = "", string Check = "", string Text = "")
{
    public const string Path = "/integrity";

    public static IReadOnlyList<(string Word, string Label)> Checks { get; } = [("size", "Other size"), ("content", "Other bytes"), ("names", "Indexes contradict"), ("missing", "No file"), ("extra", "No record"), ("framing", "File broken")];

    public bool IsActive => Check.Length + Text.Length > 0;

    public static IntegrityFilter Parse(string address)
    {
        var query = Addresses.Query(address);
        string Value(string name) => query.GetValueOrDefault(name) ?? "";
        return new(Value("host"), Value("root"), Value("check"), Value("q"));
    }

    public string ToAddress() => Addresses.WithQuery(Path, ("host", Host), ("root", Root), ("check", Check), ("q", Text));

    public bool Matches(AuditedMessage message) =>
        (Check.Length == 0 || Check == message.Check) &&
        (Text.Length == 0 || Has(message.MailboxName) || Has(message.Mailbox) || Has(message.Path) || message.Uid?.ToString(System.Globalization.CultureInfo.InvariantCulture) == Text);

    /// <summary>In words; one of a later version as it is.</summary>
    public static string LabelOf(string check) => Checks.FirstOrDefault(c => c.Word == check).Label ?? Live.HostText.Clean(check);

    private bool Has(string? text) => text?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true;
}

using Ops.Web.Shared;

namespace Ops.Web.Features.Locks;

/// <summary>What the Locks page shows, as its address says it. Empty means "any".</summary>
/// <param name="Host">Host id.</param>
/// <param name="Text">Part of path, mailbox, command or unit, in any case; or a pid.</param>
/// <param name="Class"><c>posix</c>, <c>ofd</c>, <c>flock</c>, <c>lease</c>...</param>
/// <param name="Waiters">Only locks that a process waits for.</param>
/// <param name="Everywhere">Also locks outside the mail stores that block nothing, such as those of the console's own database.</param>
/// <param name="Sort"><c>path</c> (default), <c>waiters</c>, <c>oldest</c>, <c>newest</c>.</param>
/// <param name="Selected">See <see cref="Addresses.Of(Ops.Web.Live.LiveFinding)"/>.</param>
public sealed record LockFilter(
    string Host = "", string Text = "", string Class = "", string Verdict = "", string User = "", bool Waiters = false, string Sort = "", string Selected = "", bool Everywhere = false) : IListFilter<LockFilter>
{
    public static string Path => "/locks";

    public static IReadOnlyList<(string Word, string Label)> Sorts { get; } =
        [("", "Path"), ("waiters", "Most waiters"), ("oldest", "Oldest"), ("newest", "Newest")];

    /// <summary>Whether anything is left out.</summary>
    public bool IsActive => Host.Length + Text.Length + Class.Length + Verdict.Length + User.Length > 0 || Waiters;

    /// <summary>Whether locks outside the stores that block nothing are left out. A search by anything but the host finds them: who searches wants to see what is there.</summary>
    public bool OnlyStores => !Everywhere && Text.Length + Class.Length + Verdict.Length + User.Length == 0 && !Waiters;

    public static LockFilter Parse(string address)
    {
        var query = Addresses.Query(address);
        string Value(string name) => query.GetValueOrDefault(name) ?? "";
        var sort = Value("sort");
        return new(
            Value("host"), Value("q"), Value("class"), Value("verdict"), Value("user"), Value("waiters") is "1" or "true",
            Sorts.Any(s => s.Word == sort) ? sort : "", Value("sel"),
            Value("everywhere") is "1" or "true");
    }

    public LockFilter WithSelected(string address) => this with { Selected = address };

    public string ToAddress() => Addresses.WithQuery(
        Path, ("host", Host), ("q", Text), ("class", Class), ("verdict", Verdict), ("user", User), ("waiters", Waiters ? "1" : null), ("everywhere", Everywhere ? "1" : null), ("sort", Sort), ("sel", Selected));

    public bool Matches(string hostId, Finding finding) =>
        (Host.Length == 0 || Host == hostId) &&
        (Verdict.Length == 0 || Verdict == finding.Verdict) &&
        (Class.Length == 0 || Class == finding.Lock?.Class) &&
        (User.Length == 0 || User == finding.Process?.User || User == finding.User) &&
        (Text.Length == 0 || Has(finding.Path) || Has(finding.Mailbox) || Has(finding.Process?.Command) || Has(finding.Owner?.Command) || Has(finding.Process?.Unit) || Has(finding.Process?.Session?.User) || Has(finding.Process?.Session?.Address) ||
            (int.TryParse(Text, out var pid) && (finding.Owner?.Pid == pid || finding.Process?.Pid == pid)));

    private bool Has(string? text) => text?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true;
}

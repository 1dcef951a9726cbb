using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Locks;
using Ops.Web.Features.Mailboxes;
using Ops.Web.Live;

namespace Ops.Web.Features.Api;

/// <summary>What the hosts report now, from the console's memory: no database is asked.</summary>
internal static class LiveReads
{
    private const string HostHelp = "Host id, or the name of a host.", LimitHelp = "Items of a page, 1 to 1000.", CursorHelp = "`next` of the page before.";

    // Versions of the view count from the start of this console.
    private static readonly string Run = Guid.NewGuid().ToString("N");

    private static readonly IReadOnlyList<string> Kinds = [.. Enum.GetValues<ArtefactKind>().Select(k => Words.Of(k))], Verdicts = [.. Enum.GetValues<VerdictWord>().Select(v => Words.Of(v))];
    private static readonly IReadOnlyList<string> States = [.. Enum.GetValues<MailboxState>().Select(s => s.Word()), MailboxFilter.All];

    public static void MapLiveReads(this IEndpointRouteBuilder api)
    {
        api.MapGet("/hosts", Hosts).WithName("listHosts").WithSummary("Hosts, and how fresh their reports are")
            .WithDescription("All of them, by name, in one page. Answers 304 to the ETag of the answer before while nothing changed.");
        api.MapGet("/findings", Findings).WithName("listFindings").WithSummary("Findings: every lock, lock file and leftover with its verdict and evidence")
            .WithDescription("In the order of host id and key, which is stable: a finding that stays is on exactly one page. Answers 304 to the ETag of the answer before while nothing changed.");
        api.MapGet("/finding", OneFinding).WithName("getFinding").WithSummary("One finding with its evidence");
        api.MapGet("/mailboxes", MailboxList).WithName("listMailboxes").WithSummary("Mailboxes: state, cause, who waits, the safest next step")
            .WithDescription("In the order of host id and path.");
        api.MapGet("/why", Why).WithName("askWhy").WithSummary("What is in the way, and the safest next step")
            .WithDescription("The answer of `ops why TEXT --json`, over all hosts. Hosts that are silent are in `notSeen`.");
        api.MapGet("/quarantine", Quarantine).WithName("listQuarantine").WithSummary("What is in the quarantines of one host")
            .WithDescription("The agent is asked at each request. Items as `ops quarantine --json` prints them, in one page; what could not be read is in the notes.");
    }

    private static Results<Ok<Listing<HostItem>>, StatusCodeHttpResult> Hosts(HttpContext http, LiveState live, TimeProvider clock)
    {
        var (view, now) = (live.Current, clock.GetUtcNow());
        var seen = Seen.OfReports(view, view.Hosts, now);
        return IsUnchanged(http, view, seen) ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new Listing<HostItem>([.. view.Hosts.Select(h => HostItem.Of(h, now))], null, seen));
    }

    private static Results<Ok<Listing<FindingItem>>, StatusCodeHttpResult, ProblemHttpResult> Findings(
        HttpContext http, LiveState live, TimeProvider clock,
        [Description(HostHelp)] string? host = null, [Description("Only of this kind, such as `dot-lock`.")] string? kind = null, [Description("Only with this verdict, such as `stale`.")] string? verdict = null,
        [Description("Part of path, mailbox, command or unit, in any case; or a pid.")] string? text = null,
        [Description(CursorHelp)] string? cursor = null, [Description(LimitHelp)] int limit = ApiCursor.DefaultLimit)
    {
        var (view, now) = (live.Current, clock.GetUtcNow());
        var after = cursor is null ? null : ApiCursor.Place(cursor);
        if (ApiCursor.Refusal(limit, cursor is null || after is not null) is { } refusal)
            return ApiProblem.Wrong(refusal);
        // A word with a slip of the pen would find nothing, which looks like good news.
        if (Unknown("kind", kind, Kinds) is { } badKind)
            return ApiProblem.Wrong(badKind);
        if (Unknown("verdict", verdict, Verdicts) is { } badVerdict)
            return ApiProblem.Wrong(badVerdict);
        if (Pick(view, host) is not { } hosts)
            return NoHost(host);
        var seen = Seen.OfReports(view, hosts, now);
        if (IsUnchanged(http, view, seen))
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var filter = new LockFilter(Text: text?.Trim() ?? "", Verdict: verdict ?? "");
        var matching = hosts.SelectMany(h => h.Findings.Items).Where(f => (kind is null || f.Finding.Kind == kind) && filter.Matches(f.HostId, f.Finding));
        var (items, next) = ApiCursor.Page(matching, after, limit, f => (f.HostId, f.Key));
        return TypedResults.Ok(new Listing<FindingItem>([.. items.Select(f => new FindingItem(f.HostId, f.Finding))], next, seen));
    }

    private static Results<Ok<FindingAnswer>, ProblemHttpResult> OneFinding(
        LiveState live, TimeProvider clock, [Description(HostHelp)] string host, [Description("`key` of the finding.")] string key)
    {
        var view = live.Current;
        if (Pick(view, host) is not { } hosts)
            return NoHost(host);
        if (hosts.Select(h => h.Find(key)).OfType<LiveFinding>().FirstOrDefault() is not { } found)
        {
            return ApiProblem.NotFound(hosts.All(h => h.IsComplete) ? "There is no such finding now." : "There is no such finding yet; the first scan of the host has not arrived.");
        }
        return TypedResults.Ok(new FindingAnswer(found.HostId, found.Finding, Seen.OfReports(view, [view.Host(found.HostId)!], clock.GetUtcNow())));
    }

    private static Results<Ok<Listing<MailboxItem>>, ProblemHttpResult> MailboxList(
        LiveState live, MailboxBoards boards, TimeProvider clock,
        [Description(HostHelp)] string? host = null,
        [Description("Only in this state: `losing-mail`, `deadlocked`, `stuck`, `at-risk`, `waiting`, `busy`, `free`; `all` for every one. Without it: all that are not free.")] string? state = null,
        [Description("Part of user, path, system or cause, in any case.")] string? text = null,
        [Description(CursorHelp)] string? cursor = null, [Description(LimitHelp)] int limit = ApiCursor.DefaultLimit)
    {
        var (view, now) = (live.Current, clock.GetUtcNow());
        var after = cursor is null ? null : ApiCursor.Place(cursor);
        if (ApiCursor.Refusal(limit, cursor is null || after is not null) is { } refusal)
            return ApiProblem.Wrong(refusal);
        if (Unknown("state", state, States) is { } badState)
            return ApiProblem.Wrong(badState);
        if (Pick(view, host) is not { } hosts)
            return NoHost(host);
        var filter = new MailboxFilter(text?.Trim() ?? "", state ?? "");
        var matching = hosts.SelectMany(h => boards.Of(h).Cards.Where(c => filter.Matches(h.Status.HostId, c)).OrderBy(c => c.Path, StringComparer.Ordinal).Select(c => (h.Status.HostId, Card: c)));
        var (items, next) = ApiCursor.Page(matching, after, limit, m => (m.HostId, m.Card.Path));
        return TypedResults.Ok(new Listing<MailboxItem>([.. items.Select(m => new MailboxItem(m.HostId, WhyMailbox.Of(m.Card, "", now)))], next, Seen.OfReports(view, hosts, now)));
    }

    private static Results<Ok<WhyDocument>, ProblemHttpResult> Why(
        LiveState live, MailboxBoards boards, TimeProvider clock, [Description("User, address, path, pid, host, queue id, or a line of a log.")] string q)
    {
        if (string.IsNullOrWhiteSpace(q) || q.Length > Question.LongestText)
            return ApiProblem.Wrong($"Ask with 1 to {Question.LongestText} characters in q.");
        var now = clock.GetUtcNow();
        return TypedResults.Ok(WhyDocument.Of(WhyFinder.Answer(Question.Of(q), [.. boards.Of(live.Current).Select(b => b.ToHostBoard())], now), now));
    }

    private static async Task<Results<Ok<Listing<QuarantineItem>>, ProblemHttpResult>> Quarantine(
        LiveState live, IQuarantineReader reader, TimeProvider clock, [Description(HostHelp)] string host, CancellationToken stop)
    {
        var view = live.Current;
        if (Pick(view, host) is not { } hosts)
            return NoHost(host);
        if (hosts is not [var one])
            return ApiProblem.Wrong("Several hosts have this name. Ask with the id of one.");
        var answer = await reader.ReadAsync(one.Status.HostId, stop);
        return answer.NotTold is { } why ? ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, why)
            : TypedResults.Ok(new Listing<QuarantineItem>(answer.Items, null, Seen.OfReports(view, hosts, clock.GetUtcNow(), answer.Problems.Select(p => p.Detail))));
    }

    /// <summary>By id; all without a name; null when there is no such host.</summary>
    internal static IReadOnlyList<HostView>? Pick(LiveView view, string? host)
    {
        if (string.IsNullOrEmpty(host))
            return [.. view.Hosts.OrderBy(h => h.Status.HostId, StringComparer.Ordinal)];
        if (view.Host(host) is { } one)
            return [one];
        List<HostView> named = [.. view.Hosts.Where(h => h.Status.HostName == host).OrderBy(h => h.Status.HostId, StringComparer.Ordinal)];
        return named.Count == 0 ? null : named;
    }

    internal static ProblemHttpResult NoHost(string? host) => ApiProblem.NotFound($"The console knows no host with the id or name {HostText.Escape(host ?? "")}.");

    internal static string? Unknown(string name, string? word, IReadOnlyList<string> known) =>
        word is null || known.Contains(word) ? null : $"{name} must be one of: {string.Join(", ", known)}.";

    // A host becomes late by time alone; one that is heard again is a change.
    private static bool IsUnchanged(HttpContext http, LiveView view, Seen seen)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"W/\"{Run}-{view.Version}-{seen.Missing.Count}\"");
        http.Response.Headers.ETag = tag;
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(t => t.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: false));
    }
}

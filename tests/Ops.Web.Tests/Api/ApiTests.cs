using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Api;
using Ops.Web.Live;

namespace Ops.Web.Tests.Api;

/// <summary>The API over HTTP, as a program asks it.</summary>
public sealed class ApiTests : IClassFixture<ApiTests.Console>
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly ConsoleFactory _console;

    public ApiTests(Console console) => _console = console.Factory;

    /// <summary>One console for all, whose hosts answer about their quarantines.</summary>
    public sealed class Console : IAsyncLifetime, IDisposable
    {
        public ConsoleFactory Factory { get; } = new() { Instead = s => s.AddSingleton<IQuarantineReader, Quarantines>() };

        public Task InitializeAsync() => Factory.InitializeAsync();

        public Task DisposeAsync() => ((IAsyncLifetime)Factory).DisposeAsync();

        public void Dispose() => Factory.Dispose();
    }

    [Fact]
    public async Task The_committed_document_is_the_one_that_is_served()
    {
        using var client = await ClientAsync("document");
        using var answer = await client.SendAsync("/api/v1/openapi.json");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var served = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        if (Environment.GetEnvironmentVariable("OPS_RECORD_GOLDENS") == "1")
            await File.WriteAllTextAsync(ApiClient.DocumentFile(), served.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");

        var kept = JsonNode.Parse(await File.ReadAllTextAsync(ApiClient.DocumentFile()));
        Assert.True(JsonNode.DeepEquals(kept, served), "docs/openapi.json differs from what is served. Where that is meant, run this test with OPS_RECORD_GOLDENS=1.");
        Assert.All(served["paths"]!.AsObject(), p => Assert.Equal([p.Key.StartsWith("/api/v1/acts", StringComparison.Ordinal) ? "post" : "get"], p.Value!.AsObject().Select(m => m.Key)));
    }

    [Fact]
    public async Task A_program_reads_what_a_host_reports_in_the_shapes_of_the_command_line()
    {
        Report("host-a", "mail-a", Golden.Relations);
        using var client = await ClientAsync("reader");

        var host = Assert.Single((await client.HostsAsync()).Items, h => h.HostId == "host-a");
        Assert.Equal(("mail-a", "fresh", true), (host.Host, host.Freshness, host.IsComplete));
        Assert.Equal(Golden.Relations.Count, host.Verdicts.Values.Sum());

        var all = await client.FindingsAsync("host-a", limit: 1000);
        Assert.Equal(Golden.Relations.Select(f => f.Key).Order(StringComparer.Ordinal), all.Items.Select(f => f.Finding.Key));
        Assert.True(all.Seen.IsWhole);
        var ghost = Assert.Single((await client.FindingsAsync("mail-a", verdict: "ghost-write", limit: 1)).Items).Finding;
        Assert.All((await client.FindingsAsync("host-a", kind: "dot-lock")).Items, f => Assert.Equal("dot-lock", f.Finding.Kind));
        Assert.All((await client.FindingsAsync("host-a", text: ghost.Path)).Items, f => Assert.Contains(ghost.Path, f.Finding.Path + f.Finding.Mailbox, StringComparison.Ordinal));

        var one = await client.FindingAsync("host-a", ghost.Key);
        Assert.Equal(("host-a", ghost.Fingerprint), (one.HostId, one.Finding.Fingerprint));
        Assert.NotEmpty(one.Finding.Evidence);

        var losing = (await client.MailboxesAsync("host-a", "losing-mail")).Items;
        Assert.NotEmpty(losing);
        Assert.All(losing, m => Assert.NotEmpty(m.Mailbox.Next.Sentence));
        var why = await client.WhyAsync(losing[0].Mailbox.Path);
        Assert.Equal(("at-risk", losing[0].Mailbox.Path), (why.Verdict, why.Mailboxes[0].Path));
    }

    [Fact]
    public async Task Pages_have_every_finding_that_stays_once_while_others_come_and_go()
    {
        Report("host-p", "mail-p", [.. Enumerable.Range(0, 7).Select(i => Some.Finding($"f{i}\n.lock", host: "mail-p"))]);
        using var client = await ClientAsync("pages");

        var first = await client.FindingsAsync("host-p", limit: 3);
        // The last of the page goes, one comes in front of the cursor and one behind it.
        Report("host-p", "mail-p", [.. new[] { "a", "f0\n.lock", "f1\n.lock", "f3\n.lock", "f4\n.lock", "f5\n.lock", "f6\n.lock", "z" }.Select(k => Some.Finding(k, host: "mail-p"))]);
        var second = await client.FindingsAsync("host-p", cursor: first.Next, limit: 3);
        var third = await client.FindingsAsync("host-p", cursor: second.Next, limit: 3);

        Assert.Equal(["f0\n.lock", "f1\n.lock", "f2\n.lock", "f3\n.lock", "f4\n.lock", "f5\n.lock", "f6\n.lock", "z"], first.Items.Concat(second.Items).Concat(third.Items).Select(f => f.Finding.Key));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task A_list_names_the_hosts_that_are_lost_or_incomplete()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        Report("host-l", "mail-l", [Some.Finding("x", host: "mail-l")]);
        live.SetStatus(Status("host-l", "mail-l") with { Connection = HostConnection.Lost, LostReason = "Nothing was heard for 20 s." });
        live.SetStatus(Status("host-i", "mail-i"));
        using var client = await ClientAsync("partial");

        var list = await client.FindingsAsync();

        Assert.False(list.Seen.IsWhole);
        Assert.Equal(("lost", true), list.Seen.Missing.Where(m => m.HostId == "host-l").Select(m => (m.Freshness, m.IsComplete)).Single());
        Assert.Equal(("mail-i", false), list.Seen.Missing.Where(m => m.HostId == "host-i").Select(m => (m.Host, m.IsComplete)).Single());
        Assert.Contains("Nothing was heard for 20 s.", list.Seen.Missing.Single(m => m.HostId == "host-l").Sentence, StringComparison.Ordinal);
        Assert.Contains((await client.WhyAsync("mail-l")).NotSeen, n => n.Contains("not connected", StringComparison.Ordinal));
        foreach (var seen in new[] { (await client.HostsAsync()).Seen, (await client.MailboxesAsync()).Seen, (await client.IncidentsAsync()).Seen, (await client.EpisodesAsync()).Seen, (await client.AuditAsync()).Seen })
            Assert.Contains(seen.Missing, m => m.HostId == "host-l");
    }

    [Fact]
    public async Task What_is_unchanged_is_not_sent_again()
    {
        Report("host-e", "mail-e", [Some.Finding("x")]);
        using var client = await ClientAsync("tags");
        // Something else of the console may change between the two questions.
        for (var tries = 1; ; tries++)
        {
            using var first = await client.SendAsync("/api/v1/findings?host=host-e");
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
            var tag = first.Headers.ETag!.ToString();
            using var same = await client.SendAsync("/api/v1/findings?host=host-e", null, ("If-None-Match", tag));
            if (same.StatusCode != HttpStatusCode.NotModified && tries < 50)
                continue;
            Assert.Equal((HttpStatusCode.NotModified, 0), (same.StatusCode, (await same.Content.ReadAsByteArrayAsync()).Length));
            Report("host-e", "mail-e", [Some.Finding("y")]);
            using var other = await client.SendAsync("/api/v1/findings?host=host-e", null, ("If-None-Match", tag));
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
            break;
        }
    }

    [Fact]
    public async Task Incidents_episodes_audit_and_quarantine_are_read_in_pages()
    {
        // Long before anything that the console records here, and not so old that it is removed.
        var start = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddDays(-2).ToUnixTimeSeconds());
        var incident = Guid.NewGuid();
        await using (var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync())
        {
            for (var i = 0; i < 3; i++)
            {
                var at = start.AddMinutes(i);
                db.Add(new EpisodeRow { Id = EpisodeNumbers.Of(at, 0), HostId = "host-s", Host = "mail-s", Mailbox = "/var/mail/alice", HolderKey = $"p{i}", Path = "/var/mail/alice", Cause = "held", OpenedAt = at.ToUnixTimeMilliseconds(), LastSeenAt = at.ToUnixTimeMilliseconds(), HasGap = i == 0 });
                db.Add(new IncidentRow { Id = i == 0 ? incident : Guid.NewGuid(), Sort = EpisodeNumbers.Of(at, 1), Rule = "deadlock", HostId = "host-s", Host = "mail-s", Mailbox = "/var/mail/alice", Title = "A deadlock", OpenedAt = at.ToUnixTimeMilliseconds(), ClosedAt = at.AddMinutes(9).ToUnixTimeMilliseconds() });
            }
            await db.SaveChangesAsync();
        }
        Report("host-s", "mail-s", []);
        using var client = await ClientAsync("history");

        var newer = await client.EpisodesAsync("host-s", start, limit: 2);
        var older = await client.EpisodesAsync("host-s", start, newer.Next, 2);
        Assert.Equal((2, 1), (newer.Items.Count, older.Items.Count));
        Assert.Equal((start, true, (string?)null), (older.Items[0].Episode.OpenedAt, older.Items[0].Episode.HasGap, older.Next));

        List<IncidentItem> incidents = [];
        string? cursor = null;
        do
        {
            var page = await client.IncidentsAsync(cursor, 2);
            incidents.AddRange(page.Items);
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal(3, incidents.Count(i => i.HostId == "host-s"));
        Assert.Equal(incident, incidents.Last(i => i.HostId == "host-s").Incident.Id);
        var file = await client.IncidentAsync(incident);
        Assert.Equal((incident, 3), (file.Incident.Id, file.Episodes.Count));

        var (other, _) = await _console.Services.GetRequiredService<ApiTokens>().CreateAsync("audited-program", Day, "anna");
        await _console.Services.GetRequiredService<ApiTokens>().RevokeAsync(other.Id, "bob");
        var last = await client.AuditAsync("audited-program", limit: 1);
        var before = await client.AuditAsync("audited-program", last.Next, 1);
        Assert.Equal([("bob", "api-token-revoked"), ("anna", "api-token-created")], last.Items.Concat(before.Items).Select(e => (e.Actor, e.Action)));
        // The entries are those of the chain, to the last digit of their times.
        Assert.Equal(last.Items[0], (await _console.AuditAsync()).Single(e => e.Sequence == last.Items[0].Sequence).ToRecord());

        Assert.Equal(Quarantines.Item.OperationId, Assert.Single((await client.QuarantineAsync("mail-s")).Items).OperationId);
        using var silent = await client.SendAsync("/api/v1/quarantine?host=host-s-silent");
        Assert.Contains("no host", await ApiClient.ProblemAsync(silent, HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_answered_is_refused_in_a_sentence()
    {
        Report("host-w", "mail-w", []);
        using var client = await ClientAsync("wrong");
        foreach (var (path, status, part) in new[]
        {
            ("findings?limit=0", HttpStatusCode.BadRequest, "1 to 1000"),
            ("findings?limit=many", HttpStatusCode.BadRequest, "parameter"),
            ("findings?cursor=%25%25", HttpStatusCode.BadRequest, "cursor"),
            ("findings?cursor=OTk6eA", HttpStatusCode.BadRequest, "cursor"),
            ("findings?verdict=stail", HttpStatusCode.BadRequest, "stale"),
            ("findings?kind=cat", HttpStatusCode.BadRequest, "dot-lock"),
            ("findings?host=nowhere", HttpStatusCode.NotFound, "nowhere"),
            ("mailboxes?state=glad", HttpStatusCode.BadRequest, "losing-mail"),
            ("finding?host=host-w&key=none", HttpStatusCode.NotFound, "no such finding"),
            ("finding?host=host-w", HttpStatusCode.BadRequest, "parameter"),
            ("why", HttpStatusCode.BadRequest, "parameter"),
            ("why?q=%20", HttpStatusCode.BadRequest, "1 to 4096"),
            ("incidents?cursor=x", HttpStatusCode.BadRequest, "cursor"),
            ($"incidents/{Guid.Empty}", HttpStatusCode.NotFound, "no incident"),
            ("episodes?since=yesterday", HttpStatusCode.BadRequest, "parameter"),
            ("episodes?cause=magic", HttpStatusCode.BadRequest, "deadlock"),
            ("nothing/here", HttpStatusCode.NotFound, "/api/v1/openapi.json"),
        })
        {
            using var answer = await client.SendAsync("/api/v1/" + path);
            Assert.Contains(part, await ApiClient.ProblemAsync(answer, status), StringComparison.Ordinal);
        }
        using var post = await client.SendAsync("/api/v1/hosts", HttpMethod.Post);
        Assert.Contains("reads only", await ApiClient.ProblemAsync(post, HttpStatusCode.MethodNotAllowed), StringComparison.Ordinal);
        Assert.Equal(["GET"], post.Content.Headers.Allow);
    }

    [Fact]
    public async Task Without_a_good_token_nothing_is_answered()
    {
        var tokens = _console.Services.GetRequiredService<ApiTokens>();
        var (_, expired) = await tokens.CreateAsync("expired", -Day, "anna");
        var (revoked, plain) = await tokens.CreateAsync("revoked", Day, "anna");
        using var client = new ApiClient(_console.Address, plain);
        Assert.NotNull(await client.HostsAsync());
        Assert.NotNull((await tokens.ListAsync()).Single(t => t.Id == revoked.Id).LastUsedAt);
        await tokens.RevokeAsync(revoked.Id, "anna");
        var (_, ofAgent) = await _console.Services.GetRequiredService<AgentTokens>().CreateAsync("mail-t", "anna");
        var (_, ofWall) = await _console.Services.GetRequiredService<WallLinks>().CreateAsync("room", Day, "anna");

        foreach (var token in new[] { null, "wrong", plain, expired, ofAgent, ofWall })
        {
            using var stranger = new ApiClient(_console.Address, token);
            foreach (var path in (string[])["hosts", "audit", "openapi.json", "nothing"])
            {
                using var answer = await stranger.SendAsync("/api/v1/" + path);
                await ApiClient.ProblemAsync(answer, HttpStatusCode.Unauthorized);
                Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
            }
        }
    }

    [Fact]
    public async Task A_token_without_the_right_to_read_reads_nothing()
    {
        var (token, plain) = await _console.Services.GetRequiredService<ApiTokens>().CreateAsync("later", Day, "anna");
        await using (var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync())
            await db.ApiTokens.Where(t => t.Id == token.Id).ExecuteUpdateAsync(set => set.SetProperty(t => t.Rights, "reading act"));
        using var client = new ApiClient(_console.Address, plain);

        using var answer = await client.SendAsync("/api/v1/hosts");

        await ApiClient.ProblemAsync(answer, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_token_of_the_API_opens_no_page_export_or_hub()
    {
        var token = await TokenAsync(_console, "only the API");
        using var client = new ApiClient(_console.Address, token);
        foreach (var path in (string[])["/", "/mailboxes", "/audit", "/api-tokens", "/audit/export", "/incidents/00000000-0000-0000-0000-000000000001/export", "/integrity/export?host=a&root=b", "/wall", $"/wall?token={token}", "/metrics"])
        {
            using var answer = await client.SendAsync(path);
            Assert.True(answer.StatusCode is HttpStatusCode.Redirect && answer.Headers.Location!.ToString().Contains("/sign-in", StringComparison.Ordinal) || answer.StatusCode is HttpStatusCode.Unauthorized, $"{path}: {answer.StatusCode} {answer.Headers.Location}");
        }
        foreach (var path in (string[])["/hubs/agent/negotiate?negotiateVersion=1", "/_blazor/negotiate?negotiateVersion=1"])
        {
            using var answer = await client.SendAsync(path, HttpMethod.Post);
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Redirect, $"{path}: {answer.StatusCode}");
        }
        var asking = _console.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetOrderedMetadata<AuthorizationPolicy>().Any(p => p.AuthenticationSchemes.Contains(ApiTokenScheme.Name)));
        Assert.All(asking, e => Assert.StartsWith("/api/v1/", e.RoutePattern.RawText, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_browser_that_is_signed_in_reads_and_does_no_more()
    {
        await _console.UserAsync("api-admin", OpsRoles.Admin); // without an administrator there is no sign-in
        await _console.UserAsync("vera", OpsRoles.Viewer);
        using var visitor = new Visitor(_console.Address);
        (await visitor.SignInAsync("vera", ConsoleFactory.Password)).Dispose();

        using var read = await visitor.GetAsync("/api/v1/hosts");
        using var sent = await visitor.PostAsync("/api/v1/hosts");

        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.False(read.Headers.Contains("Access-Control-Allow-Origin"));
        await ApiClient.ProblemAsync(sent, HttpStatusCode.Unauthorized);
        using var client = new ApiClient(_console.Address, "wrong");
        using var wrong = await client.SendAsync("/api/v1/hosts", null, ("Cookie", visitor.Cookies.GetCookieHeader(_console.Address)));
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    [Fact]
    public async Task A_program_that_asks_too_often_waits_and_others_do_not()
    {
        using var busy = await ClientAsync("busy");
        using var other = await ClientAsync("other");
        // One window may end on the way.
        for (var asked = 0; ; asked++)
        {
            Assert.True(asked <= 2 * ApiPace.PerToken, "it was never refused");
            using var answer = await busy.SendAsync("/api/v1/incidents?limit=0");
            if (answer.StatusCode == HttpStatusCode.BadRequest)
                continue;
            Assert.Contains("Wait", await ApiClient.ProblemAsync(answer, HttpStatusCode.TooManyRequests), StringComparison.Ordinal);
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            break;
        }
        Assert.NotNull(await other.HostsAsync());
    }

    // A token is good for the pace of its own from its first use on.
    private async Task<ApiClient> ClientAsync(string label) => new(_console.Address, await TokenAsync(_console, label));

    private static async Task<string> TokenAsync(ConsoleFactory console, string label) => (await console.Services.GetRequiredService<ApiTokens>().CreateAsync(label, Day, "anna")).Plain;

    private void Report(string hostId, string name, IReadOnlyList<Finding> findings)
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        live.SetStatus(Status(hostId, name));
        live.Replace(hostId, findings, s => s);
    }

    // Heard in an hour: it does not become late while the test runs.
    private static HostStatus Status(string hostId, string name) => new(
        hostId, name, "test", false, HostConnection.Live, null, "0.1.0", Guid.Empty, true, [], ["/var/mail"], [], new Dictionary<string, double>(), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddHours(1));

    private sealed class Quarantines : IQuarantineReader
    {
        public static QuarantineItem Item { get; } = Some.Kept(1);

        public Task<HostQuarantine> ReadAsync(string hostId, CancellationToken stop) => Task.FromResult(new HostQuarantine(hostId, "mail-s", [Item], []));
    }
}

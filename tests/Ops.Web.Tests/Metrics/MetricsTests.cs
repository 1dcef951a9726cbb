using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Metrics;
using Ops.Web.Live;

namespace Ops.Web.Tests.Metrics;

public sealed partial class MetricsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddHours(1);

    [Fact]
    public async Task Mailboxes_are_counted_by_state_and_a_process_that_waits_for_two_once_with_its_longer_wait()
    {
        var text = await TextAsync(MetricsReading.OfMailboxes([Card(MailboxState.Stuck, new(7, 30), new(8, 10)), Card(MailboxState.LosingMail, new(7, 50), new(9, null))], Now));

        Assert.Contains("mailstore_mailboxes{state=\"stuck\"} 1\n", text);
        Assert.Contains("mailstore_mailboxes{state=\"losing-mail\"} 1\n", text);
        Assert.Contains("mailstore_mailboxes{state=\"deadlocked\"} 0\n", text);
        Assert.Contains("mailstore_waiting_processes 3\n", text);
        Assert.Contains("mailstore_blocked_seconds 60\n", text);
        Assert.Contains("mailstore_longest_wait_seconds 50\n", text);
    }

    [Fact]
    public async Task Words_that_are_not_of_the_language_are_counted_as_other_and_become_no_label()
    {
        var text = await TextAsync(MetricsReading.OfFindings([Some.Finding("a"), Some.Finding("b"), Some.Finding("c", "mine\"} 9\n", "kernel-lock"), Some.Finding("d", "stale", "cat")]));

        Assert.Equal(
            ["mailstore_findings{verdict=\"held\",kind=\"dot-lock\"} 2", "mailstore_findings{verdict=\"other\",kind=\"kernel-lock\"} 1", "mailstore_findings{verdict=\"stale\",kind=\"other\"} 1"],
            text.Split('\n').Where(l => l.StartsWith("mailstore_", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Hosts_are_counted_by_freshness_and_the_oldest_report_is_known()
    {
        var text = await TextAsync(MetricsReading.OfHosts(
            [Host("a", 1), Host("b", 11), Host("c", 90, HostConnection.Lost), Host("d\"\n", 2, HostConnection.Syncing), Host("e", -5)], Now));

        Assert.Contains("mailstore_hosts{freshness=\"fresh\"} 2\n", text);
        Assert.Contains("mailstore_hosts{freshness=\"late\"} 1\n", text);
        Assert.Contains("mailstore_hosts{freshness=\"syncing\"} 1\n", text);
        Assert.Contains("mailstore_hosts{freshness=\"lost\"} 1\n", text);
        Assert.Contains("mailstore_oldest_report_age_seconds 90\n", text);
        Assert.Contains("mailstore_host_report_age_seconds{host=\"b\"} 11\n", text);
        Assert.Contains("mailstore_host_report_age_seconds{host=\"e\"} 0\n", text);
        Assert.DoesNotContain("d\"", text);
    }

    [Fact]
    public void A_large_fleet_has_no_series_for_each_host()
    {
        HostStatus[] Fleet(int size) => [.. Enumerable.Range(0, size).Select(n => Host($"mail{n}", 1))];

        Assert.Equal(MetricsReading.MostHosts, MetricsReading.OfHosts(Fleet(MetricsReading.MostHosts), Now).Count(v => v.Series == MetricSeries.HostReport));
        Assert.DoesNotContain(MetricsReading.OfHosts(Fleet(MetricsReading.MostHosts + 1), Now), v => v.Series == MetricSeries.HostReport);
    }

    [Fact]
    public async Task Incidents_that_are_over_are_not_counted()
    {
        Incident Of(IncidentRule rule, DateTimeOffset? closed = null) => new(Guid.NewGuid(), rule, "h", "mail1", null, null, "", Now, closed);

        var text = await TextAsync(MetricsReading.OfIncidents([Of(IncidentRule.Deadlock), Of(IncidentRule.Deadlock), Of(IncidentRule.Victims, Now)]));

        Assert.Contains("mailstore_incidents_open{rule=\"deadlock\"} 2\n", text);
        Assert.Contains("mailstore_incidents_open{rule=\"victims\"} 0\n", text);
    }

    [Theory]
    [InlineData("Bearer 0123456789abcdef0123", true)]
    [InlineData("bearer 0123456789abcdef0123 ", true)]
    [InlineData("Bearer 0123456789abcdef012", false)]
    [InlineData("Bearer ", false)]
    [InlineData("0123456789abcdef0123", false)]
    [InlineData("", false)]
    public void Only_the_whole_token_is_accepted(string header, bool accepted) => Assert.Equal(accepted, MetricsEndpoint.IsToken(header, "0123456789abcdef0123"));

    [Theory]
    [InlineData("Bearer ")]
    [InlineData("Bearer null")]
    public void Without_a_setting_no_token_is_accepted(string header) => Assert.False(MetricsEndpoint.IsToken(header, null));

    [Fact]
    public void The_table_of_the_documentation_has_each_series_once_with_its_kind_and_labels()
    {
        var told = TableRow().Matches(File.ReadAllText(Docs("metrics.md")))
            .Select(m => (m.Groups[1].Value, string.Join(",", Label().Matches(m.Groups[2].Value).Select(l => l.Groups[1].Value)), m.Groups[3].Value));
        Assert.Equal(MetricSeries.All.Select(s => (s.Name, string.Join(",", s.Labels), s.IsCounter ? "counter" : "gauge")), told);
    }

    [Theory]
    [InlineData("prometheus-rules.yaml")]
    [InlineData("grafana-dashboard.json")]
    public void Rules_and_dashboard_name_only_series_and_labels_that_exist(string file)
    {
        var text = File.ReadAllText(Docs(file)).Replace("\\\"", "\"", StringComparison.Ordinal);
        var used = Use().Matches(text);
        Assert.NotEmpty(used);
        foreach (Match use in used)
        {
            var series = MetricSeries.All.SingleOrDefault(s => s.Name == use.Groups[1].Value);
            Assert.True(series is not null, $"{file} uses {use.Groups[1].Value}");
            foreach (Match label in Selector().Matches(use.Groups[2].Value))
                Assert.Contains(label.Groups[1].Value, series.Labels);
        }
    }

    [Fact]
    public void The_dashboard_is_JSON_with_a_query_in_each_panel()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Docs("grafana-dashboard.json")));
        Assert.All(dashboard.RootElement.GetProperty("panels").EnumerateArray(), p => Assert.NotEmpty(p.GetProperty("targets").EnumerateArray()));
    }

    private static async Task<string> TextAsync(IEnumerable<MetricValue> values) => Encoding.UTF8.GetString(await MetricsEndpoint.TextAsync([.. values], default));

    private static MailboxCard Card(MailboxState state, params (int Pid, int? Waited)[] victims) => new(
        "mail1", "/var/mail/alice", "alice", "exim", state, "", null, [.. victims.Select(v => new Victim(v.Pid, null, v.Waited is { } s ? Now.AddSeconds(-s) : null, []))], new(StepVerb.Wait, ""), null, null, []);

    internal static HostStatus Host(string name, int heard, HostConnection connection = HostConnection.Live) => new(
        "id-" + name, name, "test", false, connection, null, "0.1.0", Guid.Empty, true, [], [], [], new Dictionary<string, double>(), Now.AddSeconds(-heard), Now.AddSeconds(-heard));

    private static string Docs(string file, [CallerFilePath] string here = "") => Path.Join(Path.GetDirectoryName(here), "../../../docs", file);

    [GeneratedRegex(@"^\| `(mailstore_\w+)` \| (.*?) \| (gauge|counter) \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    // A label stands at the begin of the cell, or after the values of another, before a colon.
    [GeneratedRegex(@"(?:^|; )`(\w+)`:")]
    private static partial Regex Label();

    [GeneratedRegex(@"\b(mailstore_\w+)(?:\{([^}]*)\})?")]
    private static partial Regex Use();

    [GeneratedRegex(@"(\w+)\s*[!=]=?~?""")]
    private static partial Regex Selector();
}

/// <summary>The endpoint of the real console.</summary>
public sealed class MetricsEndpointTests : IAsyncLifetime, IDisposable
{
    private const string Token = "a-token-for-the-scraper-0123";

    private readonly ConsoleFactory _console = new() { Settings = [("Ops:MetricsToken", Token)] };

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_scraper_with_the_token_reads_every_series_and_no_path()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        live.SetStatus(MetricsTests.Host("mail1", 0));
        live.Replace("id-mail1", [Some.Finding("alice.lock", "stale")], s => s);

        using var answer = await AskAsync("Bearer " + Token);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("text/plain", "0.0.4"), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentType.Parameters.Single(p => p.Name == "version").Value));
        Assert.All(MetricSeries.All, s => Assert.Contains($"# TYPE {s.Name} {(s.IsCounter ? "counter" : "gauge")}\n", text));
        Assert.Contains("mailstore_findings{verdict=\"stale\",kind=\"dot-lock\"} 1\n", text);
        Assert.Contains("mailstore_acts_total{outcome=\"done\"} 0\n", text);
        Assert.Contains("mailstore_database_up 1\n", text);
        Assert.DoesNotContain("/var/mail", text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong-token-of-the-scraper")]
    public async Task A_stranger_gets_401_and_no_page(string? authorization)
    {
        using var answer = await AskAsync(authorization);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_viewer_who_is_signed_in_reads_them_without_the_token()
    {
        await _console.UserAsync("anna", OpsRoles.Admin); // without an administrator there is no sign-in
        await _console.UserAsync("vera", OpsRoles.Viewer);
        using var visitor = new Visitor(_console.Address);
        (await visitor.SignInAsync("vera", ConsoleFactory.Password)).Dispose();

        using var answer = await visitor.GetAsync(MetricsEndpoint.Address);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("mailstore_waiting_processes 0", await answer.Content.ReadAsStringAsync());
    }

    private async Task<HttpResponseMessage> AskAsync(string? authorization)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_console.Address, MetricsEndpoint.Address));
        request.Headers.Authorization = authorization is null ? null : AuthenticationHeaderValue.Parse(authorization);
        return await http.SendAsync(request);
    }
}

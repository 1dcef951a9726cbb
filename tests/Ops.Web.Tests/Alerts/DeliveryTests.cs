using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ops.Web.Features.Alerts;

namespace Ops.Web.Tests.Alerts;

/// <summary>What receivers get over a real connection, and what becomes of their answers.</summary>
public sealed class DeliveryTests : IDisposable
{
    private static readonly DateTimeOffset Opened = new(2030, 1, 2, 3, 0, 0, TimeSpan.Zero);

    private readonly HttpPost _http = new();
    private readonly ManualClock _clock = new();
    private readonly AlertPostman _postman;

    public DeliveryTests() => _postman = new([new WebhookCarrier(_http), new AlertmanagerCarrier(_http), new SmtpCarrier()], _clock);

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_webhook_gets_the_documented_JSON_with_its_token()
    {
        await using var receiver = await HttpReceiver.StartAsync();

        var result = await SendAsync("webhook", new(receiver.Url + "/hook", "t0ken"), Notice(NoticeKind.Opened));

        Assert.Equal(new(DeliveryState.Sent, "Answer 200."), result);
        Assert.True(receiver.Got.TryDequeue(out var got));
        Assert.Equal(("/hook", "Bearer t0ken"), (got.Path, got.Authorization));
        using var json = JsonDocument.Parse(got.Body);
        Assert.Equal(("mailstore-ops-alerts", 1), (json.RootElement.GetProperty("format").GetString(), json.RootElement.GetProperty("version").GetInt32()));
        var alert = json.RootElement.GetProperty("alerts")[0];
        Assert.Equal(
            ("opened", "open", "deadlock", "critical", "alice is deadlocked", "mail1", "/var/mail/alice", "https://ops/incidents/1"),
            (Text("event"), Text("status"), Text("rule"), Text("severity"), Text("title"), Text("host"), Text("mailbox"), Text("link")));
        Assert.Equal(JsonValueKind.Null, alert.GetProperty("closedAt").ValueKind);

        string? Text(string name) => alert.GetProperty(name).GetString();
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var target = await HttpReceiver.StartAsync();
        await using var receiver = await HttpReceiver.StartAsync();
        receiver.Answer = http =>
        {
            http.Response.Redirect(target.Url, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };

        var result = await SendAsync("webhook", new(receiver.Url), Notice(NoticeKind.Opened));

        Assert.Equal(new(DeliveryState.Refused, "Answer 307: a redirect, which is not followed. Set the final address."), result);
        Assert.Empty(target.Got);
    }

    [Theory]
    [InlineData(400, DeliveryState.Refused)]
    [InlineData(404, DeliveryState.Refused)]
    [InlineData(429, DeliveryState.Failed)]
    [InlineData(503, DeliveryState.Failed)]
    public async Task The_answer_says_whether_it_is_worth_trying_again(int code, DeliveryState state)
    {
        await using var receiver = await HttpReceiver.StartAsync();
        receiver.Answer = http =>
        {
            http.Response.StatusCode = code;
            return http.Response.WriteAsync("because");
        };

        Assert.Equal(new(state, $"Answer {code}: because"), await SendAsync("webhook", new(receiver.Url), Notice(NoticeKind.Opened)));
    }

    [Fact]
    public async Task A_long_answer_is_cut_and_secrets_that_it_repeats_are_not_kept()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        receiver.Answer = async http =>
        {
            http.Response.StatusCode = 403;
            await http.Response.WriteAsync($"{http.Request.Path} and {http.Request.Headers.Authorization} are wrong. ");
            for (var i = 0; i < 1_000; i++)
                await http.Response.WriteAsync(new string('x', 10_000));
        };

        var result = await SendAsync("webhook", new(receiver.Url + "/services/S3CRET", "t0ken-t0ken"), Notice(NoticeKind.Opened));

        Assert.Equal(DeliveryState.Refused, result.State);
        Assert.StartsWith("Answer 403: (secret) and Bearer (secret) are wrong. xxx", result.Detail, StringComparison.Ordinal);
        Assert.InRange(result.Detail.Length, 300, 301);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_is_a_failure_in_words()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();

        Assert.Equal(DeliveryState.Failed, (await SendAsync("webhook", new($"http://127.0.0.1:{port}/"), Notice(NoticeKind.Opened))).State);
        Assert.Equal(DeliveryState.Failed, (await SendAsync("smtp", Mail(port), Notice(NoticeKind.Opened))).State);
    }

    [Theory]
    [InlineData("webhook")]
    [InlineData("smtp")]
    public async Task A_receiver_that_never_answers_fails_at_the_deadline(string kind)
    {
        // It accepts, as the kernel does, and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;

        var sending = SendAsync(kind, kind == "smtp" ? Mail(port) : new($"http://127.0.0.1:{port}/"), Notice(NoticeKind.Opened));
        using var connection = await silent.AcceptTcpClientAsync();
        _clock.Advance(AlertPostman.Within);

        Assert.Equal(new(DeliveryState.Failed, "No answer within 15 seconds."), await sending);
    }

    [Fact]
    public async Task The_end_of_the_console_gives_up_a_delivery_at_once()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var stop = new CancellationTokenSource();
        var sending = _postman.DeliverAsync("webhook", new($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/"), [Notice(NoticeKind.Opened)], stop.Token);
        using var connection = await silent.AcceptTcpClientAsync();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/api/v2/alerts")]
    public async Task Alertmanager_gets_labels_and_how_long_the_alert_holds(string path)
    {
        await using var receiver = await HttpReceiver.StartAsync();

        Assert.Equal(DeliveryState.Sent, (await SendAsync("alertmanager", new(receiver.Url + path), Notice(NoticeKind.Opened))).State);

        Assert.True(receiver.Got.TryDequeue(out var got));
        Assert.Equal("/api/v2/alerts", got.Path);
        using var json = JsonDocument.Parse(got.Body);
        var alert = json.RootElement[0];
        Assert.Equal(("MailstoreIncident", "deadlock", "critical", "mail1"), (Label("alertname"), Label("rule"), Label("severity"), Label("host")));
        Assert.Equal(Opened, alert.GetProperty("startsAt").GetDateTimeOffset());
        Assert.Equal(_clock.GetUtcNow() + AlertmanagerAlert.Holds, alert.GetProperty("endsAt").GetDateTimeOffset());

        string? Label(string name) => alert.GetProperty("labels").GetProperty(name).GetString();
    }

    [Fact]
    public void Under_a_worse_rule_it_is_another_alert_and_the_former_one_ends()
    {
        var now = Opened.AddMinutes(5);
        Assert.Equal([("victims", now), ("deadlock", now + AlertmanagerAlert.Holds)], AlertmanagerAlert.Of(Notice(NoticeKind.Worse, was: IncidentRule.Victims), now).Select(a => (a.Labels["rule"], a.EndsAt)));
    }

    [Fact]
    public void The_end_of_an_incident_ends_its_alert()
    {
        var notice = Notice(NoticeKind.Closed, was: IncidentRule.Deadlock);
        Assert.Equal([("deadlock", notice.Incident.ClosedAt!.Value)], AlertmanagerAlert.Of(notice, Opened.AddHours(1)).Select(a => (a.Labels["rule"], a.EndsAt)));
    }

    [Fact]
    public async Task A_mail_server_gets_one_mail_in_the_thread_of_its_incident()
    {
        await using var server = new SmtpReceiver();
        var notice = Notice(NoticeKind.Closed);

        var result = await SendAsync("smtp", Mail(server.Port), notice);

        Assert.Equal(DeliveryState.Sent, result.State);
        Assert.True(server.Mails.TryDequeue(out var mail));
        Assert.Equal(("ops@example.org", "a@example.org,b@example.org"), (mail.From, string.Join(",", mail.To)));
        Assert.Contains("Subject: [Mailstore Ops] Over: alice is deadlocked on mail1\n", mail.Text);
        Assert.Contains($"References: <incident-{notice.Incident.Id}@mailstore-ops>\n", mail.Text);
        Assert.Contains("Auto-Submitted: auto-generated\n", mail.Text);
        Assert.Contains("Mailbox:  /var/mail/alice\n", mail.Text);
        Assert.Contains("Page:     https://ops/incidents/1\n", mail.Text);
    }

    [Fact]
    public async Task A_hostile_name_adds_no_header_to_the_mail()
    {
        await using var server = new SmtpReceiver();
        var notice = Notice(NoticeKind.Opened);
        notice = notice with { Incident = notice.Incident with { Host = "mail1\r\nBcc: eve@example.org\r\n\r\n.\r\n", Mailbox = "/var/mail/a\r\nBcc: eve@example.org" } };

        Assert.Equal(DeliveryState.Sent, (await SendAsync("smtp", Mail(server.Port), notice)).State);

        Assert.True(server.Mails.TryDequeue(out var mail));
        Assert.Equal(2, mail.To.Count);
        Assert.DoesNotContain(mail.Text.Split('\n'), l => l.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("550 no such user", DeliveryState.Refused)]
    [InlineData("451 try later", DeliveryState.Failed)]
    public async Task A_mail_that_is_not_taken_is_refused_or_tried_again(string answer, DeliveryState state)
    {
        await using var server = new SmtpReceiver { RecipientAnswer = answer };

        var result = await SendAsync("smtp", Mail(server.Port), Notice(NoticeKind.Opened));

        Assert.Equal(new(state, $"Answer {answer[..3]}: {answer[4..]}"), result);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Without_STARTTLS_where_it_is_asked_for_nothing_is_sent()
    {
        await using var server = new SmtpReceiver();

        var result = await SendAsync("smtp", Mail(server.Port) with { Security = SmtpSecurity.StartTls }, Notice(NoticeKind.Opened));

        Assert.Equal(DeliveryState.Refused, result.State);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Settings_that_cannot_be_decrypted_are_refused_in_words() =>
        Assert.StartsWith("Its settings cannot be decrypted", (await _postman.TestAsync("webhook", null, default)).Detail, StringComparison.Ordinal);

    public static TheoryData<string, ChannelSettings> Wrong => new()
    {
        { "webhook", new("ftp://host/") },
        { "webhook", new("/hook") },
        { "webhook", new("https://user:secret@host/") },
        { "webhook", new("https://host/", "two\nlines") },
        { "webhook", new("https://host/", ConsoleUrl: "javascript:alert(1)") },
        { "smtp", Mail(0) },
        { "smtp", Mail(25) with { Sender = "nobody" } },
        { "smtp", Mail(25) with { Recipients = "" } },
        { "smtp", Mail(25) with { Recipients = "a@example.org, b" } },
        { "smtp", Mail(25) with { User = "u" } },
        { "smtp", Mail(25) with { Server = "mail.example.org", User = "u", Password = "p" } },
        { "pager", new("https://host/") },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Settings_that_make_no_sense_are_refused(string kind, ChannelSettings settings) => Assert.NotNull(settings.Problem(kind));

    [Fact]
    public void What_a_channel_shows_of_its_address_has_no_secret()
    {
        var hook = new ChannelSettings("https://hooks.example.org/services/S3CRET?key=K3Y", "t0ken");
        Assert.Null(hook.Problem("webhook"));
        Assert.Equal("https://hooks.example.org", hook.Place("webhook"));
        Assert.Null(Mail(25).Problem("smtp"));
        Assert.Equal("127.0.0.1:25, to a@example.org, b@example.org", (Mail(25) with { User = "u", Password = "p" }).Place("smtp"));
    }

    private Task<DeliveryResult> SendAsync(string kind, ChannelSettings settings, AlertNotice notice) => _postman.DeliverAsync(kind, settings, [notice], default);

    private static ChannelSettings Mail(int port) =>
        new(Server: "127.0.0.1", Port: port, Security: SmtpSecurity.None, Sender: "ops@example.org", Recipients: "a@example.org, b@example.org");

    private static AlertNotice Notice(NoticeKind kind, IncidentRule? was = null) => new(
        kind, new(Guid.NewGuid(), IncidentRule.Deadlock, "host-1", "mail1", "/var/mail/alice", "alice", "alice is deadlocked", Opened, kind == NoticeKind.Closed ? Opened.AddMinutes(9) : null, 3, 61.4),
        was, "https://ops/incidents/1");
}

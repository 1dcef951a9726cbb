using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using Ops.Web.Features.Metrics;
using Ops.Web.Live;

namespace Ops.Web.Tests.Metrics;

/// <summary>What the real exporter sends to a collector on loopback.</summary>
public sealed class CollectorPushTests : IAsyncLifetime, IDisposable
{
    private readonly WebApplication _collector;
    private readonly ConcurrentQueue<(string? Authorization, byte[] Body)> _got = new();
    private volatile int _status = StatusCodes.Status200OK;
    private volatile int _refused;
    private ConsoleFactory _console = null!;

    public CollectorPushTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _collector = builder.Build();
        _collector.MapPost("/v1/metrics", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            http.Response.StatusCode = _status;
            if (http.Response.StatusCode != StatusCodes.Status200OK)
                Interlocked.Increment(ref _refused);
            else
                _got.Enqueue((http.Request.Headers.Authorization, body.ToArray()));
        });
    }

    public async Task InitializeAsync()
    {
        await _collector.StartAsync();
        var target = new OtlpExporterOptions
        {
            Endpoint = new Uri(_collector.Urls.Single() + "/v1/metrics"),
            Protocol = OtlpExportProtocol.HttpProtobuf,
            Headers = "authorization=Bearer of-the-collector",
        };
        _console = new ConsoleFactory
        {
            Instead = services => services.AddSingleton(new CollectorTarget(target, TimeSpan.FromMilliseconds(200))).AddHostedService<CollectorPush>(),
        };
        await _console.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await ((IAsyncLifetime)_console).DisposeAsync();
        await _collector.DisposeAsync();
    }

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Each_series_is_sent_with_its_values_under_the_name_of_the_program()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        live.SetStatus(MetricsTests.Host("mail1", 0));
        live.Replace("id-mail1", [Some.Finding("alice.lock", "stale")], s => s);

        var points = await UntilAsync(p => p.Any(v => v.Name == "mailstore_findings"));

        Assert.Contains(points, p => p is { Name: "mailstore_findings", Labels: "kind=dot-lock,verdict=stale", Value: 1 });
        Assert.Contains(points, p => p is { Name: "mailstore_database_up", Value: 1 });
        Assert.Contains(points, p => p is { Name: "mailstore_acts_total", Labels: "outcome=done", Value: 0, IsSum: true });
        Assert.Contains("mailstore-ops", Encoding.UTF8.GetString(_got.Last().Body));
        Assert.Equal("Bearer of-the-collector", _got.Last().Authorization);
    }

    [Fact]
    public async Task A_value_whose_labels_are_gone_is_sent_no_longer()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        live.SetStatus(MetricsTests.Host("mail1", 0));
        live.Replace("id-mail1", [Some.Finding("alice.lock", "stale")], s => s);
        await UntilAsync(p => p.Any(v => v.Name == "mailstore_findings"));

        live.Replace("id-mail1", [], s => s);

        await UntilAsync(p => p.Any(v => v.Name == "mailstore_hosts") && !p.Any(v => v.Name == "mailstore_findings"));
    }

    [Fact]
    public async Task A_collector_that_was_away_gets_what_is_so_now()
    {
        _status = StatusCodes.Status400BadRequest;
        var live = _console.Services.GetRequiredService<LiveState>();
        live.SetStatus(MetricsTests.Host("mail1", 0));
        await Wait.Until(() => _refused > 0);

        _status = StatusCodes.Status200OK;

        await UntilAsync(p => p.Any(v => v is { Name: "mailstore_host_report_age_seconds", Labels: "host=mail1" }));
    }

    [Theory]
    [InlineData("15000", 15)]
    [InlineData("0", 60)]
    [InlineData("soon", 60)]
    [InlineData(null, 60)]
    public void The_interval_is_the_variables_or_a_minute(string? variable, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), CollectorTarget.IntervalOf(variable));

    /// <summary>Waits for a message of which this holds; the gauges and the counters come in one each.</summary>
    private async Task<IReadOnlyList<Point>> UntilAsync(Func<IReadOnlyList<Point>, bool> holds)
    {
        _got.Clear();
        await Wait.Until(() => _got.Any(m => holds(OtlpMessage.PointsOf(m.Body))), seconds: 60);
        return [.. _got.SelectMany(m => OtlpMessage.PointsOf(m.Body))];
    }

    private sealed record Point(string Name, string Labels, double Value, bool IsSum);

    /// <summary>Reads as much of an ExportMetricsServiceRequest as the tests need: <see href="https://github.com/open-telemetry/opentelemetry-proto"/>, metrics.proto.</summary>
    private static class OtlpMessage
    {
        private const int Gauge = 5, Sum = 7;

        public static IReadOnlyList<Point> PointsOf(byte[] body) =>
        [
            .. from resource in Fields(body, 1)
               from scope in Fields(resource, 2)
               from metric in Fields(scope, 2)
               let name = Encoding.UTF8.GetString(Fields(metric, 1).Single())
               from kind in new[] { Gauge, Sum }
               from data in Fields(metric, kind)
               from point in Fields(data, 1)
               select new Point(name, LabelsOf(point), BinaryPrimitives.ReadDoubleLittleEndian(Fields(point, 4).Single()), kind == Sum),
        ];

        private static string LabelsOf(byte[] point) => string.Join(',', Fields(point, 7)
            .Select(label => $"{Encoding.UTF8.GetString(Fields(label, 1).Single())}={Encoding.UTF8.GetString(Fields(Fields(label, 2).Single(), 1).Single())}")
            .Order(StringComparer.Ordinal));

        private static IEnumerable<byte[]> Fields(byte[] message, int wanted)
        {
            for (var at = 0; at < message.Length;)
            {
                var (tag, length) = (Number(message, ref at), 0);
                switch (tag & 7)
                {
                    case 0: Number(message, ref at); continue;
                    case 1: length = 8; break;
                    case 2: length = (int)Number(message, ref at); break;
                    case 5: length = 4; break;
                    default: throw new InvalidDataException($"wire type {tag & 7}");
                }
                if (tag >> 3 == (ulong)wanted)
                    yield return message[at..(at + length)];
                at += length;
            }
        }

        private static ulong Number(byte[] message, ref int at)
        {
            ulong number = 0;
            for (var shift = 0; ; shift += 7)
            {
                var part = message[at++];
                number |= (ulong)(part & 0x7f) << shift;
                if (part < 0x80)
                    return number;
            }
        }
    }
}

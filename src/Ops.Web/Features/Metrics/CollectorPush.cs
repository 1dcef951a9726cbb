using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Ops.Web.Features.Metrics;

/// <summary>Where and how often the metrics are sent, from the variables that OpenTelemetry defines:
/// <see href="https://opentelemetry.io/docs/specs/otel/protocol/exporter/"/>.</summary>
/// <param name="Target">Address, headers and protocol; its own constructor reads the variables.</param>
internal sealed record CollectorTarget(OtlpExporterOptions Target, TimeSpan Every)
{
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    public const string IntervalVariable = "OTEL_METRIC_EXPORT_INTERVAL";

    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(1);

    /// <summary>Null when no collector is named. An interval that is not a positive number of milliseconds counts as the usual minute, as OpenTelemetry demands of its SDKs.</summary>
    public static CollectorTarget? OfEnvironment() =>
        string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(EndpointVariable))
            ? null
            : new(new OtlpExporterOptions(), IntervalOf(Environment.GetEnvironmentVariable(IntervalVariable)));

    internal static TimeSpan IntervalOf(string? milliseconds) =>
        int.TryParse(milliseconds, CultureInfo.InvariantCulture, out var given) && given > 0 ? TimeSpan.FromMilliseconds(given) : Usual;
}

/// <summary>Sends every series to an OpenTelemetry collector. One that does not answer costs nothing but a line in the log: what it missed is in the next message.</summary>
internal sealed class CollectorPush(CollectorTarget collector, MetricsNow metrics, TimeProvider clock, ILogger<CollectorPush> log) : BackgroundService
{
    private static readonly string Version = typeof(CollectorPush).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private volatile IReadOnlyList<MetricValue> _values = [];
    private bool? _answers;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var counters = new Channel(this, collector.Target, MetricReaderTemporalityPreference.Cumulative, isCounter: true);
        // Cumulative, a gauge whose labels are gone (a host that was forgotten) would be sent with its last value from then on.
        using var gauges = new Channel(this, collector.Target, MetricReaderTemporalityPreference.Delta, isCounter: false);
        using var timer = new PeriodicTimer(collector.Every, clock);
        do
        {
            _values = await metrics.ReadAsync(stoppingToken);
            // The exporter waits for the answer, ten seconds unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise.
            Note(await Task.Run(() => counters.Send() & gauges.Send(), stoppingToken));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Note(bool answers)
    {
        if (answers == _answers)
            return;
        _answers = answers;
        if (answers)
            CollectorLog.Answers(log, collector.Target.Endpoint);
        else
            CollectorLog.Silent(log, collector.Target.Endpoint);
    }

    /// <summary>The series of one sort, with the connection that they go over.</summary>
    private sealed class Channel : IDisposable
    {
        private readonly Meter _meter;
        private readonly BaseExportingMetricReader _reader;
        private readonly MeterProvider _provider;

        public Channel(CollectorPush push, OtlpExporterOptions target, MetricReaderTemporalityPreference temporality, bool isCounter)
        {
            _meter = new Meter(isCounter ? "MailstoreOps.Counters" : "MailstoreOps.Gauges", Version);
            foreach (var series in MetricSeries.All.Where(s => s.IsCounter == isCounter))
            {
                if (isCounter)
                    _meter.CreateObservableCounter(series.Name, () => push.Of(series), description: series.Help);
                else
                    _meter.CreateObservableGauge(series.Name, () => push.Of(series), description: series.Help);
            }
            _reader = new BaseExportingMetricReader(new OtlpMetricExporter(target)) { TemporalityPreference = temporality };
            _provider = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(ResourceBuilder.CreateEmpty()
                    .AddService("mailstore-ops", serviceVersion: Version, autoGenerateServiceInstanceId: false, serviceInstanceId: Environment.MachineName)
                    .AddTelemetrySdk()
                    // Last: what the variables say holds.
                    .AddEnvironmentVariableDetector())
                .AddMeter(_meter.Name)
                .AddReader(_reader)
                .Build();
        }

        public bool Send() => _reader.Collect();

        public void Dispose()
        {
            _provider.Dispose();
            _meter.Dispose();
        }
    }

    private IEnumerable<Measurement<double>> Of(MetricSeries series) => _values
        .Where(v => v.Series == series)
        .Select(v => new Measurement<double>(v.Value, series.Labels.Zip(v.Labels, (name, of) => KeyValuePair.Create(name, (object?)of))));
}

internal static partial class CollectorLog
{
    [LoggerMessage(EventId = 2701, Level = LogLevel.Information, Message = "Metrics go to the collector at {Endpoint}")]
    public static partial void Answers(ILogger log, Uri endpoint);

    [LoggerMessage(EventId = 2702, Level = LogLevel.Warning, Message = "The collector at {Endpoint} does not take the metrics; they are sent again at the next interval")]
    public static partial void Silent(ILogger log, Uri endpoint);
}

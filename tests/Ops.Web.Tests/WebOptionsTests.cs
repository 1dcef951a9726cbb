using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Ops.Web.Tests;

public sealed class WebOptionsTests
{
    public static TheoryData<string, Action<WebOptions>> Wrong => new()
    {
        { "Ops:DataDirectory", o => o.DataDirectory = " " },
        { "Ops:Database", o => o.Database = "MySql" },
        { "Ops:ConnectionString", o => o.Database = "Postgres" },
        { "Ops:Cluster:Port", o => AsFleet(o).Cluster.Port = 0 },
        { "Ops:Cluster:Address", o => AsFleet(o).Cluster.Address = "0.0.0.0" },
        { "Ops:Cluster:Name", o => AsFleet(o).Cluster.Name = "" },
        { "Ops:Cluster:MissedProbes", o => AsFleet(o).Cluster.MissedProbes = 1 },
        { "Ops:SignInIdle", o => o.SignInIdle = TimeSpan.Zero },
        { "Ops:SignInIdle", o => o.SignInIdle = TimeSpan.FromDays(2) },
        { "Ops:HostLostAfter", o => o.HostLostAfter = TimeSpan.FromSeconds(5) },
        { "Ops:AnswerWithin", o => o.AnswerWithin = TimeSpan.Zero },
        { "Ops:FindingsPerHost", o => o.FindingsPerHost = 0 },
        { "Ops:AgentListen", o => o.AgentListen = "5181" },
        // The console names its port to the hosts that join.
        { "Ops:AgentListen", o => o.AgentListen = "127.0.0.1:0" },
        { "Ops:MetricsToken", o => o.MetricsToken = "" },
        { "Ops:MetricsToken", o => o.MetricsToken = "a token with spaces in it" },
    };

    [Fact]
    public void The_readmes_table_has_each_option_once()
    {
        var options = typeof(WebOptions).GetProperties().Select(p => p.Name);
        var told = Regex.Matches(Readme(), @"^\| `([A-Z]\w+)` \|", RegexOptions.Multiline).Select(m => m.Groups[1].Value);
        Assert.Equal(options.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_fleet_without_PostgreSQL_is_refused() =>
        Assert.Contains("Ops:Fleet needs", new WebOptions.Validator().Validate(null, new() { Fleet = true }).FailureMessage, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, false, true)]
    [InlineData(null, true, false)]
    [InlineData(true, true, true)]
    [InlineData(false, false, false)]
    public void The_agent_of_the_host_runs_inside_a_console_that_is_alone_unless_an_option_says_otherwise(bool? option, bool fleet, bool runs) =>
        Assert.Equal(runs, new WebOptions { EmbeddedAgent = option, Fleet = fleet }.RunsAgent);

    [Fact]
    public void Every_option_in_the_compose_file_is_known_and_the_consoles_start_with_them()
    {
        var keys = Regex.Matches(File.ReadAllText(InRepository("compose.yaml")), @"\b(Ops__\w+): ""?([^""}\n]+)");
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(keys.Select(m => (Key: m.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal), m.Groups[2].Value)).DistinctBy(k => k.Key).Select(k => KeyValuePair.Create<string, string?>(k.Key, k.Value.Trim())))
            .Build();

        var options = new WebOptions();
        configuration.GetSection("Ops").Bind(options, b => b.ErrorOnUnknownConfiguration = true);

        Assert.True(options.Fleet);
        Assert.False(options.RunsAgent);
        Assert.StartsWith("172.31.90.", options.Cluster.Address, StringComparison.Ordinal);
        Assert.True(new WebOptions.Validator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void The_compose_file_sets_what_the_balancer_asks_of_its_environment()
    {
        var compose = File.ReadAllText(InRepository("compose.yaml"));
        var asked = Regex.Matches(File.ReadAllText(InRepository("build/fleet/haproxy.cfg")), @"""\$\{(\w+)\}""").Select(m => m.Groups[1].Value).Distinct();
        Assert.Equal(4, asked.Count());
        Assert.All(asked, name => Assert.Contains($"{name}: ", compose, StringComparison.Ordinal));
    }

    private static WebOptions AsFleet(WebOptions options)
    {
        (options.Fleet, options.Database, options.ConnectionString) = (true, "Postgres", "Host=localhost");
        return options;
    }

    private static string Readme() => File.ReadAllText(InRepository("README.md"));

    private static string InRepository(string path, [CallerFilePath] string here = "") => Path.Join(Path.GetDirectoryName(here), "../..", path);

    [Fact]
    public void The_defaults_are_good() => Assert.True(new WebOptions.Validator().Validate(null, new()).Succeeded);

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_value_is_refused_and_the_message_names_its_key(string key, Action<WebOptions> spoil)
    {
        var options = new WebOptions();
        spoil(options);
        Assert.Contains(key + " must", new WebOptions.Validator().Validate(null, options).FailureMessage);
    }
}

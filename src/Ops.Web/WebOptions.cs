using System.Net;
using Microsoft.Extensions.Options;
using Ops.Cluster;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web;

/// <summary>Section <c>Ops</c> of the configuration: <c>appsettings.json</c>, <c>Ops__Key=value</c> in the environment, <c>--Ops:Key value</c> on the command line.</summary>
public sealed class WebOptions
{
    public const string Section = "Ops";

    /// <summary>What the console listens on when neither <c>--urls</c> nor a Kestrel endpoint says otherwise: this machine only.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5180";

    private const int MetricsTokenLeast = 20;

    /// <summary>Database, keys and audit anchor; made with mode 0700. A relative path is below the folder in which the console was started. Short: <c>--data DIR</c>.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary><c>Sqlite</c> or <c>Postgres</c>.</summary>
    public string Database { get; set; } = DataRegistration.Sqlite;

    /// <summary>Empty with SQLite: <c>ops.db</c> in the data directory.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether this console is one of several that share a PostgreSQL database: they find each other there, and each shows the hosts of all.</summary>
    public bool Fleet { get; set; }

    /// <summary>How the consoles of a fleet reach each other.</summary>
    public ClusterOptions Cluster { get; set; } = new();

    /// <summary>Whether the agent of this host runs inside the console. Null: yes, unless the console is one of several.</summary>
    public bool? EmbeddedAgent { get; set; }

    internal bool RunsAgent => EmbeddedAgent ?? !Fleet;

    /// <summary>Unix socket at which the agent of this machine joins without a token: <c>ops agent --console unix:PATH</c>. Null: none.</summary>
    public string? AgentSocket { get; set; }

    /// <summary>Policy of the embedded agent. Null: <c>/etc/mailstore-ops/policy.json</c> where there is one.</summary>
    public string? PolicyFile { get; set; }

    /// <summary>Directories that the embedded agent scans. None: those of the policy, else the mail stores found on this host.</summary>
    public IReadOnlyList<string> Roots { get; set; } = [];

    /// <summary>Journal of the embedded agent. Null: that of the policy, else the agent's default.</summary>
    public string? StateDirectory { get; set; }

    /// <summary>Name under which this host is shown. Null: its own.</summary>
    public string? HostName { get; set; }

    /// <summary>A sign-in, with its open pages, ends after this long without a request, a key or a movement of the pointer: long enough to watch an incident.</summary>
    public TimeSpan SignInIdle { get; set; } = TimeSpan.FromHours(2);

    /// <summary>Whether people need a second factor to act. Until they have set one up, they can only look.</summary>
    public bool RequireSecondFactor { get; set; }

    /// <summary>Silence of an agent after which its host is shown as lost.</summary>
    public TimeSpan HostLostAfter { get; set; } = LiveLimits.Default.LostAfter;

    /// <summary>How long an agent may take for a preview or an explanation.</summary>
    public TimeSpan AnswerWithin { get; set; } = LiveLimits.Default.AnswerWithin;

    /// <summary>Findings of one host beyond this are not shown, and a blind spot says so.</summary>
    public int FindingsPerHost { get; set; } = LiveLimits.Default.FindingsPerHost;

    /// <summary>How many days lock episodes and incidents are kept.</summary>
    public int HistoryDays { get; set; } = (int)HistoryRetention.Default.Episodes.TotalDays;

    /// <summary>Whether hosts that are a drill (<c>ops drill</c>) have history, incidents and alerts as real ones do, to practise these too.</summary>
    public bool CountDrills { get; set; }

    /// <summary>What a scraper sends to read <c>/metrics</c>. Null: only people who are signed in may read it.</summary>
    public string? MetricsToken { get; set; }

    /// <summary>Address and port at which agents join and connect, with TLS of the console's own; for example <c>0.0.0.0:5181</c>. Null: they connect where the pages are, with tokens.</summary>
    public string? AgentListen { get; set; }

    internal IPEndPoint? AgentEndPoint => IPEndPoint.TryParse(AgentListen ?? "", out var at) ? at : null;

    internal LiveLimits ToLimits() =>
        LiveLimits.Default with { LostAfter = HostLostAfter, AnswerWithin = AnswerWithin, FindingsPerHost = FindingsPerHost, CountDrills = CountDrills };

    internal sealed class Validator : IValidateOptions<WebOptions>
    {
        public ValidateOptionsResult Validate(string? name, WebOptions options)
        {
            List<string> wrong = [];
            if (string.IsNullOrWhiteSpace(options.DataDirectory))
                wrong.Add("Ops:DataDirectory must name a directory.");
            if (options.Database is not (DataRegistration.Sqlite or DataRegistration.Postgres))
                wrong.Add($"Ops:Database must be {DataRegistration.Sqlite} or {DataRegistration.Postgres}.");
            if (options.Database == DataRegistration.Postgres && string.IsNullOrWhiteSpace(options.ConnectionString))
                wrong.Add("Ops:ConnectionString must be set when Ops:Database is Postgres.");
            if (options.AgentSocket is { } socket && LocalAgents.Problem(socket) is { } problem)
                wrong.Add($"Ops:AgentSocket {problem}");
            if (options.Fleet && options.Database != DataRegistration.Postgres)
                wrong.Add("Ops:Fleet needs Ops:Database to be Postgres: the consoles find each other there.");
            if (options.Fleet)
                wrong.AddRange(options.Cluster.Problems());
            if (options.SignInIdle < TimeSpan.FromMinutes(1) || options.SignInIdle > TimeSpan.FromHours(12))
                wrong.Add("Ops:SignInIdle must be between 00:01:00 and 12:00:00.");
            if (options.HostLostAfter < TimeSpan.FromSeconds(10))
                wrong.Add("Ops:HostLostAfter must be at least 00:00:10; agents report every 5 seconds.");
            if (options.AnswerWithin < TimeSpan.FromSeconds(1))
                wrong.Add("Ops:AnswerWithin must be at least 00:00:01.");
            if (options.FindingsPerHost < 1)
                wrong.Add("Ops:FindingsPerHost must be at least 1.");
            if (options.HistoryDays is < 1 or > 3_650)
                wrong.Add("Ops:HistoryDays must be between 1 and 3650.");
            if (!string.IsNullOrEmpty(options.AgentListen) && (options.AgentEndPoint is null or { Port: 0 } || !options.AgentListen.Contains(':', StringComparison.Ordinal)))
                wrong.Add("Ops:AgentListen must be an IP address and a port, for example 0.0.0.0:5181 or [::]:5181.");
            if (options.MetricsToken is { } token && (token.Length < MetricsTokenLeast || !token.All(c => c is > ' ' and <= '~')))
                wrong.Add($"Ops:MetricsToken must have at least {MetricsTokenLeast} characters, all of them visible ASCII; for example the output of `openssl rand -hex 32`.");
            return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
        }
    }
}

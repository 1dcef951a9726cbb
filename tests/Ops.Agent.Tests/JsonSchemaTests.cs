using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>The schemas in the docs: as the contracts are, and true of what the program prints.</summary>
public sealed class JsonSchemaTests : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Store _store = new();

    public static TheoryData<string, Type, string> Schemas => new()
    {
        { "finding", typeof(Finding), "A line of ops scan --json and of ops locks --json" },
        { "watch", typeof(WatchLine), "A line of ops watch --json" },
        { "explanation", typeof(ExplainAnswer), "The answer of ops explain --json" },
        { "why", typeof(WhyDocument), "The answer of ops why --json" },
        { "drill", typeof(DrillLine), "A line of ops drill --score --json" },
        { "store-audit", typeof(AuditDocument), "The answer of ops audit-store --json" },
        { "replica", typeof(ReplicaDocument), "The answer of ops audit-store --against --json" },
        { "preview", typeof(PreviewAnswer), "The answer of an act with --dry-run --json" },
        { "result", typeof(OperationResult), "The answer of an act with --json" },
        { "quarantine-item", typeof(QuarantineItem), "A line of ops quarantine --json" },
        { "convention", typeof(ConventionRow), "A line of ops conventions --json" },
    };

    public void Dispose() => _store.Dispose();

    [Theory]
    [MemberData(nameof(Schemas))]
    public void A_schema_in_the_docs_has_the_fields_of_its_contract(string name, Type type, string title)
    {
        var file = $"docs/schema/{name}.json";
        var now = JsonSchema.Of(type, title);
        if (Environment.GetEnvironmentVariable("OPS_RECORD_GOLDENS") == "1")
            Repository.Check(file, now.ToJsonString(Indented) + "\n");
        // The wording of descriptions may differ until it is recorded again; fields and types may not.
        var kept = JsonNode.Parse(Repository.Read(file))!;
        Assert.True(JsonNode.DeepEquals(Bare(kept), Bare(now)), $"{file} differs from {type.Name}. Where that is meant, run this test with OPS_RECORD_GOLDENS=1.");
    }

    [Fact]
    public async Task Every_command_prints_what_its_schema_says()
    {
        var path = _store.StaleLock("alice");
        using var holder = LockMaker.Start("flock", "write", _store.File("alice"));
        var findings = await Lines("finding", "scan", "--json");
        Assert.Contains(findings, f => f["path"]!.GetValue<string>() == path);
        Assert.Contains(await Lines("finding", "locks", "--json"), f => f["path"]!.GetValue<string>() == _store.File("alice"));
        Assert.Single(await Lines("explanation", "explain", path, "--json"));
        Assert.Single(await Lines("why", "why", path, "--json"));
        Assert.Single(await Lines("store-audit", "audit-store", "--json"));
        Assert.Single(await Lines("preview", "break", path, "--dry-run", "--json"));
        Assert.NotEmpty(await Lines("convention", "conventions", "--json"));
        holder.Kill();
        Assert.Single(await Lines("result", "break", path, "--reason", "a test", "--json"));
        var kept = await Lines("quarantine-item", "quarantine", "--json");
        Assert.Equal(Environment.IsPrivilegedProcess ? 1 : 0, kept.Count);
    }

    [Fact]
    public async Task A_watch_prints_what_its_schema_says()
    {
        using var ended = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var output = new EndingOutput(_store.StaleLock("alice"), ended);
        Assert.Equal(ExitCode.Done, await WatchCommand.RunAsync(_store.Settings(), new Terminal(output, TextWriter.Null, width: null, colours: false), json: true, ended.Token));
        Assert.Contains(Checked("watch", output.ToString()), l => l["finding"]!["path"]!.GetValue<string>() == output.Awaited);
    }

    private async Task<List<JsonObject>> Lines(string schema, params string[] arguments)
    {
        var run = arguments[0] is "conventions" ? Store.Ops(arguments) : arguments[0] is "audit-store" ? Store.Ops([.. arguments, "--root", _store.Path]) : arguments[0] is "quarantine" ? Store.Ops([.. arguments, "--root", _store.Path, "--state", _store.State]) : _store.OpsHere(arguments);
        return Checked(schema, (await run).Output);
    }

    private static List<JsonObject> Checked(string schema, string output)
    {
        var root = JsonNode.Parse(Repository.Read($"docs/schema/{schema}.json"))!.AsObject();
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        Assert.All(lines, line => Assert.Null(JsonSchema.Fault(root, root, line)));
        return lines;
    }

    private static JsonNode Bare(JsonNode schema)
    {
        var copy = schema.DeepClone();
        Strip(copy);
        return copy;

        static void Strip(JsonNode? node)
        {
            if (node is JsonObject fields)
            {
                if (fields["description"] is JsonValue)
                    fields.Remove("description");
                foreach (var (_, value) in fields)
                    Strip(value);
            }
            else if (node is JsonArray items)
            {
                foreach (var item in items)
                    Strip(item);
            }
        }
    }

    /// <summary>Where a watch prints, which ends as soon as a path was printed: a watch ends by itself only with its reader.</summary>
    private sealed class EndingOutput(string awaited, CancellationTokenSource ended) : StringWriter
    {
        public string Awaited => awaited;

        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains(awaited, StringComparison.Ordinal) is true)
                ended.Cancel();
        }
    }
}

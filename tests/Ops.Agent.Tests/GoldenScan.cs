using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>
/// Scans of real scenes, kept under <c>tests/Goldens</c> for the page tests, so that those are fed with what an agent sends. What differs with every run (pids, times, inodes,
/// keys) is replaced by numbers in order of appearance. With <c>OPS_RECORD_GOLDENS=1</c> in the environment they are written again instead of compared.
/// </summary>
internal static partial class GoldenScan
{
    /// <summary>Compares, or records. Sentences and evidence may be worded anew without recording: fields, verdicts, relations, mailboxes and who is named may not change.</summary>
    /// <param name="known">Pids of the scene, in the order of their numbers in the golden: the first is 1001.</param>
    public static void Check(string name, string store, IReadOnlyList<int> known, IEnumerable<Finding> findings, [CallerFilePath] string here = "")
    {
        var pids = known.Select((pid, i) => (pid, i)).ToDictionary(x => x.pid, x => 1001 + x.i);
        var keys = new Dictionary<string, string>();
        var lines = findings.OrderBy(f => f.Path, StringComparer.Ordinal).ThenBy(f => f.Relation ?? "", StringComparer.Ordinal).ThenBy(f => f.Lock?.Class ?? "", StringComparer.Ordinal).ThenBy(f => f.Verdict, StringComparer.Ordinal)
            .ThenBy(f => f.Owner?.Pid is { } pid ? pids.GetValueOrDefault(pid) : 0)
            .Select(f => Normal(JsonNode.Parse(JsonSerializer.Serialize(f, OpsJson.Default.Finding))!.AsObject(), store, pids, keys)).ToList();
        var source = Path.GetFullPath(Path.Join(Path.GetDirectoryName(here)!, "..", "Goldens", name));
        if (Environment.GetEnvironmentVariable("OPS_RECORD_GOLDENS") == "1")
            File.WriteAllText(source, string.Concat(lines.Select(l => l.ToJsonString(Plain) + "\n")));
        var golden = File.ReadAllLines(source).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        Assert.Equal(golden.Select(What), lines.Select(What));
        foreach (var (kept, now) in golden.Zip(lines))
        {
            var (before, after) = (Fields(kept, ""), Fields(now, ""));
            Assert.True(before.SetEquals(after), $"{What(now)}: gone {string.Join(", ", before.Except(after))}; new {string.Join(", ", after.Except(before))}. Where that is meant, run this test with OPS_RECORD_GOLDENS=1.");
        }
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string What(JsonObject finding) => string.Join(' ', new[] { "path", "kind", "verdict", "relation", "mailbox", "owner.pid", "process.command", "lock.class", "blockedBy", "cycle", "actions" }
        .Select(field => $"{field}={Value(finding, field)}"));

    // Asking needs a program that not every host has.
    private static string Value(JsonObject finding, string field) => field == "actions"
        ? string.Join(',', finding[field]!.AsArray().Select(a => a!.GetValue<string>()).Where(a => a != "ask"))
        : field.Split('.').Aggregate((JsonNode?)finding, (node, part) => (node as JsonObject)?[part])?.ToJsonString() ?? "null";

    /// <summary>Names of all fields that have a value, evidence aside: which questions are asked is the core's business.</summary>
    private static SortedSet<string> Fields(JsonNode? node, string at)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        if (node is JsonObject fields)
        {
            // The last two hang on the file system and on rules of single mail systems.
            foreach (var (name, value) in fields.Where(f => f.Value is not null && f.Key is not ("weaker" or "selfHealsAt")))
            {
                found.Add($"{at}{name}");
                if (name != "evidence")
                    found.UnionWith(Fields(value, $"{at}{name}."));
            }
        }
        return found;
    }

    private static JsonObject Normal(JsonObject finding, string store, Dictionary<int, int> pids, Dictionary<string, string> keys)
    {
        foreach (var (name, value) in finding.ToList())
            finding[name] = Normal(name, value, store, pids, keys);
        return finding;
    }

    private static JsonNode? Normal(string name, JsonNode? value, string store, Dictionary<int, int> pids, Dictionary<string, string> keys) => value switch
    {
        // Whether a process belongs to a unit is the test machine's business.
        _ when name == "unit" => "mail.service",
        null => null,
        JsonObject inner => Normal(inner, store, pids, keys),
        JsonArray list => new JsonArray([.. list.ToList().Select(item => Normal(name, item?.DeepClone(), store, pids, keys))]),
        _ => name switch
        {
            "key" => Key(value.GetValue<string>(), keys),
            "fingerprint" => "sha256:1",
            "host" => "mail1",
            "dev" => "fe:00",
            "ino" or "startTicks" => 1,
            "bootId" => Guid.Empty.ToString(),
            "device" or "group" => Digits().Replace(value.GetValue<string>(), "1"),
            "uid" or "gid" => 8,
            "user" => "mail",
            "unit" => "mail.service",
            "executable" => "/usr/bin/" + Path.GetFileName(value.GetValue<string>()),
            "ageSeconds" => 600,
            "ctime" or "mtime" or "at" or "since" or "startedAt" or "selfHealsAt" => "2026-11-28T08:00:00+00:00",
            "pid" or "parentPid" or "blockedBy" or "sharedWith" or "cycle" or "namespacePids" => pids.GetValueOrDefault(value.GetValue<int>(), 1),
            _ when value.GetValueKind() == JsonValueKind.String => Text(value.GetValue<string>(), store, pids),
            _ => value.DeepClone(),
        },
    };

    private static string Key(string key, Dictionary<string, string> keys)
    {
        if (!keys.TryGetValue(key, out var known))
            keys[key] = known = string.Create(CultureInfo.InvariantCulture, $"{key[..key.IndexOf('-', StringComparison.Ordinal)]}-{keys.Count + 1}");
        return known;
    }

    // Longer numbers hold none of these pids: what looks like one within a time or an inode is left alone.
    private static string Text(string text, string store, Dictionary<int, int> pids) => Digits().Replace(
        Programs().Replace(HexPid().Replace(text.Replace(store, "/var/mail", StringComparison.Ordinal), "6b016ba0.000003ea"), "/usr/bin/").Replace(Environment.MachineName, "mail1", StringComparison.Ordinal),
        number => int.TryParse(number.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pids.TryGetValue(pid, out var named)
            ? named.ToString(CultureInfo.InvariantCulture) : number.Value);

    // Time and pid in the name of Exim's hitching post.
    [GeneratedRegex(@"[0-9a-f]{8}\.[0-9a-f]{4}[0-9a-f]{4}\b")]
    private static partial Regex HexPid();

    [GeneratedRegex(@"/[^ ]*/(?=(dotnet|LockMaker\.dll|lockfile|dotlockfile)( |$))")]
    private static partial Regex Programs();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}

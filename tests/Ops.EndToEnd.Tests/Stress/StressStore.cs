using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ops.Testing;

/// <summary>The store of a stress run: mailboxes, a Cyrus-like tree, and the count of what is in them at the end.</summary>
public sealed partial class StressStore
{
    /// <summary>Mailboxes whose lock users hold kernel locks for the whole run. The dot keeps other users from them.</summary>
    public static readonly IReadOnlyList<string> Occupied = ["occupied.posix", "occupied.flock"];

    private readonly Scratch _scratch;

    public StressStore(Scratch scratch, int mailboxes)
    {
        _scratch = scratch;
        Root = scratch.Sub("store");
        Witness = scratch.Sub("witness");
        Stage = Directory.CreateDirectory(Path.Join(Root, "stage.")).FullName;
        Mailboxes = [.. Enumerable.Range(0, mailboxes).Select(i => Path.Join(Root, string.Create(CultureInfo.InvariantCulture, $"m{i:000}")))];
        foreach (var mailbox in Mailboxes.Concat(Occupied.Select(PathOf)))
        {
            File.WriteAllText(mailbox, "");
        }

        foreach (var user in (string[])["alice", "bob", "carol"])
        {
            Directory.CreateDirectory(Path.Join(Root, "user", user));
        }

        Directory.CreateDirectory(PathOf("kept"));
        Directory.CreateDirectory(PathOf("churn"));
    }

    public string Root { get; }

    public string Witness { get; }

    public string Stage { get; }

    public IReadOnlyList<string> Mailboxes { get; }

    public string PathOf(string name) => Path.Join(Root, name);

    public string WritePolicy(string agent) => _scratch.Write($"{agent}.json", JsonSerializer.Serialize(new
    {
        roots = new[] { Root },
        gracePeriod = "00:00:01",
        settlePeriod = "00:00:00",
        maxActsPerMinute = 0, // hundreds a minute are the point of it, and many find something else than they expected
        stateDirectory = Path.Join(_scratch.Path, agent),
    }));

    /// <summary>Every message that a user says it has stored is in exactly one mailbox, once and whole.</summary>
    public IEnumerable<string> MissingMail(IReadOnlyList<TrafficReport> users)
    {
        var found = new Dictionary<(int User, long Number), int>();
        foreach (var mailbox in Mailboxes)
        {
            var text = File.ReadAllText(mailbox);
            var read = 0;
            foreach (Match message in Message().Matches(text))
            {
                read += message.Length;
                var key = (int.Parse(message.Groups["user"].ValueSpan, CultureInfo.InvariantCulture), long.Parse(message.Groups["number"].ValueSpan, CultureInfo.InvariantCulture));
                found[key] = found.GetValueOrDefault(key) + 1;
            }

            if (read != text.Length)
            {
                yield return $"{Path.GetFileName(mailbox)} has {text.Length - read} bytes that are no whole message";
            }
        }

        foreach (var ((user, number), times) in found.Where(f => f.Value != 1))
        {
            yield return $"message {number} of user {user} is there {times} times";
        }

        foreach (var user in users)
        {
            var stored = found.Keys.Where(k => k.User == user.Id).Select(k => k.Number).ToHashSet();
            if (stored.Count != user.Messages || stored.Any(n => n < 1 || n > user.Messages))
            {
                yield return $"user {user.Id} stored {user.Messages} messages, {stored.Count} are there";
            }
        }
    }

    /// <summary>Each staged message has its two names, and its content.</summary>
    public IEnumerable<string> MissingStagedMail(TrafficReport writer)
    {
        var names = Directory.GetDirectories(PathOf("user")).SelectMany(Directory.GetFiles).ToList();
        if (names.Count != 2 * writer.Messages)
        {
            yield return $"{writer.Messages} messages were staged for two users each, {names.Count} names are there";
        }

        foreach (var file in names.Where(f => new FileInfo(f).Length == 0))
        {
            yield return $"{file} is empty";
        }
    }

    /// <summary>Locks, temporary and staging files that nobody should have left.</summary>
    public IEnumerable<string> Litter() =>
        Directory.EnumerateFiles(Root).Select(f => Path.GetFileName(f)!)
            .Where(n => (n.EndsWith(".lock", StringComparison.Ordinal) && !Occupied.Any(o => n == o + ".lock")) || n.StartsWith('.'))
            .Concat(Directory.EnumerateFiles(Stage).Select(f => "stage./" + Path.GetFileName(f)));

    /// <summary>What lies in quarantine, by operation.</summary>
    public IReadOnlyDictionary<Guid, string> Quarantined()
    {
        var quarantine = PathOf(".ops-quarantine");
        return !Directory.Exists(quarantine) ? new Dictionary<Guid, string>() : Directory.GetDirectories(quarantine)
            .Select(d => (Id: Guid.TryParse(Path.GetFileName(d), out var id) ? id : Guid.Empty, Item: Path.Join(d, "item")))
            .Where(e => File.Exists(e.Item)).ToDictionary(e => e.Id, e => e.Item);
    }

    [GeneratedRegex(@"\GFrom user(?<user>\d+)@example\.org Thu Jan  1 00:00:00 1970\nMessage-ID: <\k<user>\.(?<number>\d+)@example\.org>\n\nnumber \k<number> of user \k<user>\n\n")]
    private static partial Regex Message();
}

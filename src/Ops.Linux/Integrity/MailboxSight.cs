using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>One look at one mailbox.</summary>
/// <param name="Name">As the mail system calls it.</param>
/// <param name="Suspects">By name and kind of check.</param>
/// <param name="Shared">Messages whose inode has several names.</param>
/// <param name="Unseen">Why nothing could be compared; null when it was.</param>
internal sealed record MailboxSight(
    string System, FilePath Path, string? Name, IReadOnlyDictionary<(string Key, CheckKind Kind), Suspect> Suspects, IReadOnlyList<NamedMessage> Shared, string? Unseen)
{
    /// <summary>Version of its index; null where there is none or none was read.</summary>
    public int? IndexVersion { get; init; }

    public static MailboxSight Of(string system, FilePath path, string? name, IEnumerable<Suspect> suspects, IReadOnlyList<NamedMessage> shared) =>
        new(system, path, name, suspects.ToDictionary(s => (s.Key, s.Kind)), shared, null);

    public static MailboxSight Nothing(string system, FilePath path, string? unseen) => new(system, path, null, new Dictionary<(string, CheckKind), Suspect>(), [], unseen);
}

/// <summary>What the first look at a mailbox does, and a later one only for some messages.</summary>
/// <param name="Only">Names of messages to look at; null for all, which are then counted.</param>
internal sealed record LookScope(IReadOnlySet<string>? Only)
{
    public static LookScope First { get; } = new((IReadOnlySet<string>?)null);

    public bool IsFirst => Only is null;

    public bool Covers(string key) => Only is null || Only.Contains(key);
}

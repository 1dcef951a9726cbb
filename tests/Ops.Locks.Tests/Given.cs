using System.Text;

namespace Ops.Locks.Tests;

/// <summary>Facts as literals: one local host, one quiet directory, and what a test changes about them.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    public static readonly Guid Boot = new("11111111-2222-3333-4444-555555555555");
    public static readonly DateTimeOffset BootedAt = Now.AddDays(-10);

    public static readonly Mount Disk = new(30, 0xfe, 0, FilePath.Root, FilePath.Root, "ext4", "/dev/vda", false);
    public static readonly Mount Nfs = Disk with { Id = 31, FileSystem = "nfs4", Source = "filer:/mail" };

    public static HostFacts Host(
        IEnumerable<ProcessFacts>? processes = null, IEnumerable<LockEntry>? locks = null, IEnumerable<OpenFile>? open = null,
        bool allProcesses = true, int[]? unreadable = null, string? shares = null, string[]? aliases = null,
        Dictionary<int, AskedNumber>? asked = null) =>
        new("mail1", aliases ?? [], Boot, BootedAt, Now, 4194304,
            new ProcessTable((processes ?? []).ToDictionary(p => p.Pid), allProcesses, allProcesses ? null : "hidepid") { Asked = new AskedOfAll(asked) },
            new LockTable([.. locks ?? []], []),
            new OpenFileIndex((open ?? []).GroupBy(o => o.File).ToDictionary(g => g.Key, g => (IReadOnlyList<OpenFile>)[.. g]), unreadable ?? []),
            [Disk, Nfs], shares, true);

    public static ProcessFacts Process(
        int pid, DateTimeOffset? started = null, string command = "imap", char state = 'S', int liveTasks = 1, uint uid = 8, int[]? nspids = null, bool kernel = false)
    {
        var at = started ?? Now.AddDays(-1);
        return new ProcessFacts(new ProcessIdentity(Boot, pid, (ulong)((at - BootedAt).TotalSeconds * 100)), 1, command, [command], null, uid, "mail", null,
            state, state == 'Z' && liveTasks == 1 ? 0 : liveTasks, nspids ?? [pid], at, kernel);
    }

    public static FileFacts File(
        string path, string text = "", uint mode = Modes.O600, uint uid = 8, TimeSpan? age = null, uint links = 1, FileKind kind = FileKind.Regular, ulong inode = 100,
        TimeSpan? mtimeAge = null, Mount? mount = null, DateTimeOffset? born = null)
    {
        var changed = FileTime.From(Now - (age ?? TimeSpan.FromHours(2)));
        var modified = FileTime.From(Now - (mtimeAge ?? age ?? TimeSpan.FromHours(2)));
        var bytes = Encoding.Latin1.GetBytes(text);
        return new FileFacts(FilePath.FromText(path), kind, new FileIdentity(0xfe, 0, inode), mode, uid, 8, links, bytes.Length, modified, modified, changed,
            born is { } b ? FileTime.From(b) : changed, (ulong)(mount ?? Disk).Id,
            kind == FileKind.Regular ? FileContent.Of(bytes) : FileContent.NotRead("not a regular file"));
    }

    public static DirectoryFacts Directory(string path = "/var/mail", uint mode = 0x5FD, uint uid = 0) =>
        new(FilePath.FromText(path), new FileIdentity(0xfe, 0, 2), mode, uid, 8);

    /// <summary>The artefact as the scanner would hand it over: matches come from the declared conventions.</summary>
    public static ArtefactFacts Artefact(
        FileFacts file, FileFacts? mailbox = null, DirectoryFacts? directory = null, Mount? mount = null, FilePath[]? twins = null, FileFacts[]? contents = null,
        GuardLook[]? guards = null)
    {
        var place = directory ?? Directory(file.Path.Parent.Text);
        var facts = new PlaceFacts(place.Path, n => n is "cur" or "new" or "tmp");
        return new ArtefactFacts(file, place, mount ?? Disk, ConventionMatcher.Match(facts, file.Path),
            [.. (twins ?? []).Select(t => new Twin(t, ConventionMatcher.Match(facts, t)))], mailbox, [], contents, guards);
    }

    public static FileFacts Mailbox(string path = "/var/mail/alice", ulong inode = 50, uint uid = 8) => File(path, "From x\n\n", Modes.O600, uid, TimeSpan.FromMinutes(1), inode: inode);

    public static LockEntry Lock(
        FileFacts file, params ProcessFacts[] holders) => Lock(file, LockClass.Posix, LockMode.Write, PathState.Current, holders);

    public static LockEntry Lock(FileFacts file, LockClass kind, LockMode mode, PathState state, params ProcessFacts[] holders) =>
        new(new KernelLock(1, 0, kind, "ADVISORY", mode, holders is [var h, ..] ? h.Pid : -1, file.Identity, 0, null),
            [.. holders.Select(p => new LockParty(p, 5))], file.Path, state, file.Identity, []);

    public static LockEntry Waiter(FileFacts file, ProcessFacts waiter, PathState state = PathState.Current, int depth = 1, LockMode mode = LockMode.Write) =>
        new(new KernelLock(1, depth, LockClass.Posix, "ADVISORY", mode, waiter.Pid, file.Identity, 0, null),
            [new LockParty(waiter, 6)], file.Path, state, file.Identity, []);

    public static OpenFile Open(FileFacts file, ProcessFacts process, bool forWriting = true) => new(file.Identity, process, 4, forWriting, file.Path);

    public static Evidence? Of(this Verdict verdict, string question) => verdict.Evidence.FirstOrDefault(e => e.Question == question);
}

/// <summary>A kernel that was asked for every number and knows none but those of <paramref name="known"/>: what is not listed does not exist.</summary>
internal sealed class AskedOfAll(Dictionary<int, AskedNumber>? known) : IReadOnlyDictionary<int, AskedNumber>
{
    public AskedNumber this[int key] => known?.GetValueOrDefault(key) ?? AskedNumber.Absent;

    public IEnumerable<int> Keys => known?.Keys ?? Enumerable.Empty<int>();

    public IEnumerable<AskedNumber> Values => known?.Values ?? Enumerable.Empty<AskedNumber>();

    public int Count => known?.Count ?? 0;

    public bool ContainsKey(int key) => true;

    public bool TryGetValue(int key, out AskedNumber value)
    {
        value = this[key];
        return true;
    }

    public IEnumerator<KeyValuePair<int, AskedNumber>> GetEnumerator() => (known ?? []).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}

using System.Text;
using Microsoft.Win32.SafeHandles;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>A store root of its own on a real file system, with the facts and plans that an agent would make of what is in it.</summary>
internal sealed class TestStore : IDisposable
{
    private SafeFileHandle? _kept;

    public const string OnDisk = "disk";
    public const string InMemory = "tmpfs";

    /// <param name="fileSystem">One of the words above, or a directory on the one that is meant.</param>
    public TestStore(string fileSystem = OnDisk)
    {
        var parent = fileSystem switch { InMemory => "/dev/shm", OnDisk => System.IO.Path.GetTempPath(), var mounted => mounted };
        Root = System.IO.Path.Join(parent, $"ops-acting-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Mail);
    }

    public string Root { get; }

    /// <summary>Where the mailboxes lie: one directory below the root.</summary>
    public string Mail => System.IO.Path.Join(Root, "mail");

    public string Lock => In("alice.lock");

    public string Mailbox => In("alice");

    public FilePath RootPath => FilePath.FromText(Root);

    public string In(string name) => System.IO.Path.Join(Mail, name);

    public string Write(string name, string content)
    {
        File.WriteAllText(In(name), content);
        return In(name);
    }

    /// <summary>A lock whose owner is gone: no pid is that high.</summary>
    public FileFacts PlantStale(string name = "alice.lock")
    {
        Write(name, "4194999\n");
        return FactsOf(In(name));
    }

    /// <summary>
    /// The same, and its inode number stays its own while the store lives: what is made after its removal is never taken for it. Which number ext4 gives a new
    /// file depends on everybody else who writes there, so without this the same order of steps would not end the same each time.
    /// </summary>
    public FileFacts PlantStaleKept()
    {
        var stale = PlantStale();
        _kept = File.OpenHandle(Lock, share: FileShare.ReadWrite | FileShare.Delete);
        return stale;
    }

    public static FileFacts FactsOf(string path)
    {
        var file = FilePath.FromText(path);
        using var directory = FileDescriptor.OpenDirectory(file.Parent.Bytes).Value;
        using var pin = directory.OpenPathOnly(file.Name).Value;
        return FileLook.At(pin, file).Value;
    }

    public TakeoverPlan Plan(FileFacts expected) => PlanFor(Root, expected);

    public static TakeoverPlan PlanFor(string root, FileFacts expected) => new()
    {
        Root = FilePath.FromText(root),
        Expected = expected,
        Ours = new LockLooks(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), Modes.O644), // as maildrop writes it
        OperationId = Guid.NewGuid(),
        Actor = "tester",
        Reason = "test",
        HostName = "host",
        MutexWait = TimeSpan.FromMilliseconds(50),
        SettlePeriod = TimeSpan.Zero,
    };

    /// <summary>For the stale lock of this store, with leave for the weaker protocol.</summary>
    public TakeoverPlan WeakerPlan() => Plan(FactsOf(Lock)) with { MayBeRenamedAway = true };

    /// <summary>The same as if the disk below could not exchange names.</summary>
    public TakeoverPlan WeakerPlanOnAnotherFileSystem() => WeakerPlan() with { Fault = p => p == TakeoverPoint.Exchange ? Errno.InvalidArgument : Errno.None };

    /// <summary>The stale lock is cleaned up, and somebody else takes the name.</summary>
    public void ReplaceLock(string content)
    {
        File.Delete(Lock);
        File.WriteAllText(Lock, content);
    }

    public QuarantinePlan RemovePlan(FileFacts expected) => RemovePlanFor(Root, expected);

    public static QuarantinePlan RemovePlanFor(string root, FileFacts expected) => new()
    {
        Root = FilePath.FromText(root),
        Expected = expected,
        OperationId = Guid.NewGuid(),
        Actor = "tester",
        Reason = "test",
        HostName = "host",
        MutexWait = TimeSpan.FromMilliseconds(50),
    };

    public static ActOutcome TakeOver(TakeoverPlan plan, Func<BreakDecision.Refused?>? verify = null, Func<BreakDecision.Refused?>? recheck = null) =>
        new Takeover().Run(plan, verify ?? (() => null), recheck ?? (() => null));

    public static ActOutcome Remove(QuarantinePlan plan, Func<BreakDecision.Refused?>? verify = null) =>
        new Quarantine().Remove(plan, verify ?? (() => null));

    /// <summary>Every name below the root, sorted, folders with a slash.</summary>
    public IReadOnlyList<string> Names() =>
        [.. Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories)
            .Select(p => System.IO.Path.GetRelativePath(Root, p) + (Directory.Exists(p) ? "/" : "")).Order(StringComparer.Ordinal)];

    /// <summary>Names that an act made: our temporary files and the quarantine.</summary>
    public IReadOnlyList<string> Ours() => [.. Names().Where(n => n.Contains(".ops-", StringComparison.Ordinal))];

    public void Dispose()
    {
        _kept?.Dispose();
        Directory.Delete(Root, recursive: true);
    }
}

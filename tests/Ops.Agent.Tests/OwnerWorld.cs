using System.Diagnostics;
using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;
using Ops.Locks.Tests.MailSystems;

namespace Ops.Agent.Tests;

/// <summary>A file in the world, and what its owner has open.</summary>
/// <param name="Target">The file itself, or the mailbox that it stands for.</param>
internal sealed record Planted(string Path, ConventionFile File, string Target);

/// <summary>A store with a file of every convention, twice: once its owner has the mailbox open, once the file itself. All of them have one owner, who lives in the given way.</summary>
internal sealed class OwnerWorld : IDisposable
{
    private const string Mail = "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n";
    private static readonly DateTime Old = DateTime.UtcNow.AddDays(-60);
    private readonly Scratch _scratch = new();
    private readonly Stack<string> _mounts = new();
    private readonly List<LockMaker> _owners = [];
    private readonly OwnerWay _way;
    private readonly string _aliases;
    private readonly int _number;
    private readonly Dictionary<string, Planted> _planted = [];
    private readonly Dictionary<string, Planted> _opened = [];

    public OwnerWorld(OwnerWay way)
    {
        _way = way;
        // A file system of its own, so that whatever the temporary directory is on can be stacked upon.
        var disk = Directory.CreateDirectory(_scratch.File("disk")).FullName;
        Mount(disk, "-t", "tmpfs", "tmpfs");
        Base = Directory.CreateDirectory(Path.Join(disk, "base")).FullName;
        Root = way.Reach == Reach.BelowOverlay ? Directory.CreateDirectory(Path.Join(disk, "merged")).FullName : Base;
        _aliases = Directory.CreateDirectory(Path.Join(disk, "aliases")).FullName;
        foreach (var name in (string[])["empty", "work"])
            Directory.CreateDirectory(Path.Join(disk, name));
        if (way.Reach == Reach.BelowOverlay)
            Mount(Root, "-t", "overlay", "overlay", "-o", $"lowerdir={disk}/empty,upperdir={Base},workdir={disk}/work");
        try
        {
            _number = BeginOwner();
            var files = ConventionFiles.For(new FileOwner(_number, new HostReader().HostName, DateTimeOffset.UtcNow));
            foreach (var (file, index) in files.Select((f, i) => (f, i)))
            {
                // The name of a file at the very top is that of no directory below a root.
                if (file.Path.Parent == FilePath.Root)
                    continue;
                // A bound socket is not inherited here, and cannot be mapped or opened by another name.
                if (file.Kind == FileKind.Socket && (way.Owner is OwnerKind.ChildOfDead or OwnerKind.Receiver || way.Reach != Reach.SameName))
                    continue;
                Plant(file, $"file/{index:000}", ofMailbox: false);
                if (file.Mailbox is not null || file.Convention is MbxLock)
                    Plant(file, $"mailbox/{index:000}", ofMailbox: true);
            }
            MakeAliases(disk);
            LetOwnerIn();
            foreach (var planted in _planted.Values)
                Age(planted);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Root { get; }

    public IReadOnlyCollection<Planted> Planted => _planted.Values;

    private string Base { get; }

    public static bool IsOffered(Finding finding) => finding.Actions.Contains("break") || finding.Actions.Contains("remove");

    /// <summary>What was planted at a path, or whose mailbox is open there.</summary>
    public ConventionFile? At(string path) => (_planted.GetValueOrDefault(path) ?? _opened.GetValueOrDefault(path))?.File;

    public IReadOnlyList<Finding> Scan() => [.. Survey().SurveyStores(CancellationToken.None).Findings.Where(f => f.Path.StartsWith(Root + "/", StringComparison.Ordinal) && f.Lock is null)];

    /// <summary>Whether the core would offer this very file on a host where nothing runs.</summary>
    public bool WouldBeOffered(string path)
    {
        var reader = new HostReader();
        var noProcess = ProcessTable.Empty with { Asked = new Dictionary<int, AskedNumber> { [_number] = AskedNumber.Absent } };
        var nobody = reader.Look(noProcess, LockTable.Empty, OpenFileIndex.Empty);
        return new ArtefactReader(nobody.Mounts, [FilePath.FromText(Root)]).Read(FilePath.FromText(path)).TryGet(out var artefact)
            && ArtefactClassifier.Classify(artefact, nobody, Judging)?.Actions.Count > 0;
    }

    /// <summary>Kills whoever lives in this world and takes the other names away.</summary>
    public void EndOwner()
    {
        End();
        if (_owners is [{ Child: { } child }])
            Assert.True(SpinWait.SpinUntil(() => new ProcReader().ReadProcess(child) is null, TimeSpan.FromSeconds(30)), "the child has not ended");
        _owners.Clear();
        while (_mounts.Count > (Root == Base ? 1 : 2))
            Unmount();
        Directory.Delete(_aliases, recursive: true);
    }

    public void Dispose()
    {
        End();
        while (_mounts.Count > 0)
            Unmount();
        _scratch.Dispose();
    }

    private void End()
    {
        foreach (var owner in _owners)
        {
            if (_way.Owner == OwnerKind.Stopped)
                Run("kill", "-CONT", owner.Pid.ToString(CultureInfo.InvariantCulture));
            owner.Dispose();
        }
    }

    private static JudgingOptions Judging => JudgingOptions.Default with { AgeBy = AgeClock.Modified };

    private HostSurvey Survey()
    {
        var policy = new Policy { SettlePeriod = TimeSpan.Zero };
        return new HostSurvey(
            new AgentSettings { Policy = policy, Roots = StoreRoots.Named([Root]), StateDirectory = _scratch.File("state"), Judging = Judging }, TimeProvider.System);
    }

    /// <summary>The number that the files name.</summary>
    private int BeginOwner()
    {
        var owner = _way.Owner switch
        {
            OwnerKind.FirstOfPidNamespace => LockMaker.Begin(["unshare", "--pid", "--fork", "--kill-child"]),
            // Some numbers are used up first: the shell is 1.
            OwnerKind.InPidNamespace => LockMaker.Begin(["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", "for i in 1 2 3 4 5 6; do true & wait; done; \"$@\"; exit $?", "sh"]),
            OwnerKind.ChildOfDead => LockMaker.Begin([], "--orphan"),
            _ => LockMaker.Begin([]),
        };
        _owners.Add(owner);
        if (_way.Owner == OwnerKind.Receiver)
            _owners.Add(LockMaker.Begin([]));
        if (_way.Owner == OwnerKind.InPidNamespace)
            Assert.InRange(owner.OwnPid, 2, 20);
        return _way switch
        {
            { Owner: OwnerKind.Thread } => owner.Thread,
            { IsNamed: true } or { Owner: OwnerKind.ChildOfDead } or { Owner: OwnerKind.Receiver } => owner.OwnPid,
            _ => Store.DeadPid(),
        };
    }

    private void Plant(ConventionFile file, string place, bool ofMailbox)
    {
        var path = $"{Root}/{place}{file.Path.Text}";
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        foreach (var sibling in file.Convention.Place.Siblings ?? [])
            Directory.CreateDirectory(Path.Join(Path.GetDirectoryName(directory), sibling));

        string? mailbox = null;
        if (file.Convention is MbxLock)
        {
            mailbox = Write($"{Root}/{place}/box", Mail);
            var status = new Mono.Unix.UnixFileInfo(mailbox);
            path = Path.Join(directory, string.Create(CultureInfo.InvariantCulture, $".{status.Device:x}.{status.Inode:x}"));
        }
        else if (file.Mailbox is { } box)
        {
            mailbox = Write($"{Root}/{place}{box.Text}", Mail);
        }
        if (mailbox is not null && ofMailbox && _way.Reach == Reach.TargetOfLink && file.Convention is DotLock)
        {
            var real = Path.Join(Directory.CreateDirectory($"{Root}/{place}/real").FullName, "mbox");
            File.Move(mailbox, real);
            File.CreateSymbolicLink(mailbox, real);
            mailbox = real;
        }

        Make(file, path);
        _planted.Add(path, new Planted(path, file, ofMailbox ? mailbox! : path));
    }

    private static void Make(ConventionFile file, string path)
    {
        switch (file.Kind)
        {
            case FileKind.Directory:
                Directory.CreateDirectory(path);
                break;
            case FileKind.Socket:
                break; // its owner binds it
            default:
                File.WriteAllBytes(path, file.Content);
                File.SetUnixFileMode(path, (UnixFileMode)file.Mode);
                break;
        }
        if (file.Convention is StagingFile staging && staging.RequiredUid(Path.GetFileName(Path.GetDirectoryName(path)!)) is { } uid)
        {
            foreach (var owned in (string[])[path, Path.GetDirectoryName(path)!])
                new Mono.Unix.UnixFileInfo(owned).SetOwner(uid, uid);
        }
    }

    private static void Age(Planted planted)
    {
        if (planted.File.Kind == FileKind.Directory)
            Directory.SetLastWriteTimeUtc(planted.Path, Old);
        else
            File.SetLastWriteTimeUtc(planted.Path, Old);
    }

    private void MakeAliases(string disk)
    {
        switch (_way.Reach)
        {
            case Reach.BindMount:
                Mount(_aliases, "--bind", Root);
                break;
            case Reach.OverlayOnUpper:
                Mount(_aliases, "-t", "overlay", "overlay", "-o", $"lowerdir={disk}/empty,upperdir={Root},workdir={disk}/work");
                break;
            case Reach.OverlayOnLower:
                Mount(_aliases, "-t", "overlay", "overlay", "-o", $"lowerdir={Root}:{disk}/empty");
                break;
        }
    }

    private void LetOwnerIn()
    {
        var specs = _planted.Values.Select((p, i) => (Planted: p, Index: i)).Select(x => SpecOf(x.Planted, x.Index)).OfType<string[]>().ToList();
        if (_way.Owner == OwnerKind.Receiver)
        {
            var socket = _scratch.File("passing");
            _owners[1].Tell([["receive", socket]]);
            Assert.True(SpinWait.SpinUntil(() => File.Exists(socket), TimeSpan.FromSeconds(30)), "nobody listens");
            _owners[0].Go([.. specs, ["pass", socket]]);
            _owners[1].WaitUntilReady();
            _owners[0].Kill();
            _owners.RemoveAt(0);
            return;
        }
        _owners[0].Go(specs);
        if (_way.Owner == OwnerKind.ChildOfDead)
            _owners[0].WaitForExit();
        if (_way.Owner == OwnerKind.Stopped)
            Stop(_owners[0].Pid);
    }

    /// <summary>What the owner does with a file; null: nothing, its number says it all.</summary>
    private string[]? SpecOf(Planted planted, int index)
    {
        var isItself = planted.Target == planted.Path;
        if (isItself && planted.File.Kind == FileKind.Socket)
            return ["bind", planted.Path];
        if (_way.IsNamed && planted.File.NamesOwner)
            return null;
        _opened[planted.Target] = planted;
        var isDirectory = isItself && planted.File.Kind == FileKind.Directory;
        var target = ReachOf(planted.Target, index);
        if (isDirectory)
            return ["open", "read", target];
        return _way.Reach switch
        {
            Reach.Mapping => ["map", "write", target],
            Reach.OverlayOnLower => ["open", "read", target],
            _ when _way.Owner == OwnerKind.Receiver => [index % 2 == 0 ? "open" : "flock", "write", target],
            _ => [((string[])["open", "flock", "posix", "ofd"])[index % 4], "write", target],
        };
    }

    private string ReachOf(string path, int index)
    {
        var alias = $"{_aliases}/{index:0000}";
        switch (_way.Reach)
        {
            case Reach.SymbolicLink:
                File.CreateSymbolicLink(alias, path);
                return alias;
            case Reach.HardLink when !Directory.Exists(path):
                new Mono.Unix.UnixFileInfo(path).CreateLink(alias);
                return alias;
            case Reach.BindMount or Reach.OverlayOnUpper or Reach.OverlayOnLower:
                return _aliases + path[Root.Length..];
            case Reach.BelowOverlay:
                return Base + path[Root.Length..];
            default:
                return path;
        }
    }

    private static void Stop(int pid)
    {
        Run("kill", "-STOP", pid.ToString(CultureInfo.InvariantCulture));
        Assert.True(SpinWait.SpinUntil(() => new ProcReader().ReadProcess(pid)?.State == 'T', TimeSpan.FromSeconds(30)), "it has not stopped");
    }

    private static string Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!Directory.Exists(path))
        {
            File.WriteAllText(path, text);
            File.SetLastWriteTimeUtc(path, Old);
        }
        return path;
    }

    private void Mount(string at, params string[] arguments)
    {
        Run("mount", [.. arguments, at]);
        _mounts.Push(at);
    }

    private void Unmount() => Run("umount", "--lazy", _mounts.Pop());

    private static void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
    }
}

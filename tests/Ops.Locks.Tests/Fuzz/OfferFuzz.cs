using FsCheck;
using FsCheck.Fluent;
using Ops.Locks.Tests.MailSystems;

namespace Ops.Locks.Tests.Fuzz;

/// <summary>
/// The files of every convention, changed at random, on random hosts. Nothing crashes, and nothing is offered without a reason that can be said again in plain words: nobody has file or mailbox open,
/// and the owner is proven gone.
/// </summary>
public sealed class OfferFuzz
{
    private static readonly int[] Pids = [100, 200, 300, 4_000_000];
    private static readonly ConventionFile[] Real = [.. Pids.SelectMany(pid => ConventionFiles.For(new FileOwner(pid, "mail1", Given.Now.AddHours(-3))))];
    private static readonly string[] Pieces =
    [
        ".lock", ".lck", ".", "|", ":", "\n", "0", "100", "200", "4000000", "4194305", "mail1", "mx9", "tmp", "P100", "\0", "\xff", "-1", " ", "00000064", "kB", ".pid", ".tmp", "From x\n\n",
    ];

    [Fact]
    public void Nothing_is_offered_without_a_proven_reason()
    {
        var (offered, reasons) = (0, new HashSet<string>());
        Cases.Check(Scenes(), scene =>
        {
            var (artefact, host) = scene;
            var verdict = ArtefactClassifier.Classify(artefact, host, JudgingOptions.Default);
            if (verdict is null || verdict.Actions.Count == 0)
                return;
            offered++;
            Assert.Null(WhoIsOn(artefact, host));
            Assert.Null(artefact.Route?.Unsafe);
            Assert.False(host.Layers.Any(l => artefact.File.Path.IsAtOrBelow(l.Directory)), "others may reach it through an overlay");
            var reason = ReasonOf(artefact, host, verdict);
            Assert.True(reason is not null, $"{artefact.File.Path.Display} \"{FilePath.Escape(artefact.File.Content.Bytes)}\": {verdict.Summary}");
            reasons.Add(reason);
        });
        Assert.True(offered > 200, $"only {offered} cases offered anything: the invariant was hardly tried");
        Assert.Subset(reasons, new HashSet<string> { "number does not exist", "older than the boot", "guard is free" });
    }

    /// <summary>Anybody alive who has the file, the mailbox or something inside open, mapped or locked, or waits for it, under whatever name.</summary>
    private static string? WhoIsOn(ArtefactFacts artefact, HostFacts host)
    {
        FileFacts[] watched = [artefact.File, .. artefact.Subject is { } mailbox && artefact.Matches.Any(m => m.Convention is DotLock) ? [mailbox] : Array.Empty<FileFacts>(), .. artefact.Contents ?? []];
        foreach (var file in watched)
        {
            foreach (var (identity, open) in host.OpenFiles.Files)
            {
                if (identity == file.Identity && open.Count > 0)
                    return $"pid {open[0].Process.Pid} has {file.Path.Display} open";
            }
            if (host.Locks.Entries.FirstOrDefault(e => e.File == file.Identity || e.Path == file.Path && e.PathState is PathState.Replaced or PathState.Deleted) is { } entry)
                return $"a {entry.Lock.Class} lock is on {file.Path.Display}";
        }
        return host.OpenFiles.Unreadable.Any(pid => pid != 1) ? "a process could not be looked into" : host.Locks.Gaps.Count > 0 ? "a lock could not be read" : null;
    }

    /// <summary>Why its owner is gone; null when nothing says so.</summary>
    private static string? ReasonOf(ArtefactFacts artefact, HostFacts host, Verdict verdict)
    {
        var changed = artefact.File.ChangedAt.ToDateTimeOffset();
        if (changed < host.BootedAt)
            return "older than the boot";
        var claims = ClaimsOf(artefact, host).ToList();
        if (claims.Count > 0)
        {
            return host.Processes.IsComplete && !claims.Exists(c => MayBeThread(c, changed, host)) && !claims.Exists(c => host.Processes.Processes.Values.Any(p => Carries(p, c.Pid) && Lives(p) && MayHaveMade(c, p.StartedAt, changed)))
                ? "number does not exist" : null;
        }
        if (artefact.Guards is { Count: > 0 } guards)
            return guards.All(g => g.Unread is null && (g.Lock is null || WhoIsOn(g.Lock, host) is null)) ? "guard is free" : null;
        var conventions = ConventionMatcher.Fitting(artefact.Matches, artefact.File).Select(m => m.Convention).ToList();
        var age = host.Now - JudgingOptions.Default.Youngest(artefact.File);
        return verdict.Actions.Contains(OperatorAction.Remove)
            ? conventions.OfType<StagingFile>().ToList() is { Count: > 0 } staging && staging.TrueForAll(s => s.OrphanByAge is { } limit && age > limit) ? "its system has an age for it" : null
            : conventions.OfType<DotLock>().ToList() is { Count: > 0 } locks && age > TimeSpan.FromMinutes(30) && !locks.Exists(l => l.LeavesNoTrace) ? "without an owner, by its system's age" : null;
    }

    // A thread that is older than the file, or a number of which the kernel says that it exists, or nothing.
    private static bool MayBeThread(OwnerClaim claim, DateTimeOffset changed, HostFacts host) => host.Processes.Asked[claim.Pid] is var asked
        && (asked.Exists == Answer.Unknown || asked.Exists == Answer.Yes && asked.Threads.Count == 0 && !host.Processes.Processes.ContainsKey(claim.Pid)
            || asked.Threads.Any(t => Lives(t.Process) && MayHaveMade(claim, t.StartedAt, changed)));

    // There before the file was last changed, and before the time that the name gives, if that can be right.
    private static bool MayHaveMade(OwnerClaim claim, DateTimeOffset started, DateTimeOffset changed) => started <= changed && !(claim.At is { } at && at < changed && started > at);

    private static bool Carries(ProcessFacts process, int number) => process.Pid == number || process.NamespacePids.Contains(number);

    private static bool Lives(ProcessFacts process) => process.State is not ('Z' or 'X') || process.LiveTasks > 0;

    private static IEnumerable<OwnerClaim> ClaimsOf(ArtefactFacts artefact, HostFacts host) => ConventionMatcher.Fitting(artefact.Matches, artefact.File).SelectMany(match => match.Convention switch
    {
        DotLock dotLock => dotLock.ReadHolder(artefact.File.Content) is { } claim ? (IEnumerable<OwnerClaim>)[claim] : [],
        PidFile pidFile => pidFile.ReadHolder(artefact.File.Content) is { } claim ? [claim] : [],
        StagingFile => StagingClassifier.Claims(match, artefact.Directory, host),
        _ => [],
    });

    private static Gen<(ArtefactFacts Artefact, HostFacts Host)> Scenes() => from seed in Gen.Choose(0, int.MaxValue) select SceneOf(new Random(seed));

    private static (ArtefactFacts, HostFacts) SceneOf(Random random)
    {
        var real = Real[random.Next(Real.Length)];
        var name = random.Next(2) == 0 ? real.Path.Name.ToArray() : Changed(random, real.Path.Name);
        var path = real.Path.Parent.Join(name.Length is 0 or > 255 || name.AsSpan().ContainsAny((byte)'/', (byte)0) ? real.Path.Name : name);
        var content = random.Next(2) == 0 ? real.Content : Changed(random, real.Content);
        var age = Age(random);
        var uid = Rare(random) ? 1007u : 8u;
        var required = real.Convention is StagingFile staging ? staging.RequiredUid(path.Parent.NameLatin1) : null;
        var file = Given.File("/x", "", real.Mode, required ?? uid, age, Rare(random) ? 2u : 1u, Rare(random) ? (FileKind)random.Next(8) : real.Kind, 100, random.Next(3) == 0 ? Age(random) : age);
        file = file with { Path = path, Size = content.Length, Content = file.Kind == FileKind.Regular && !Rare(random) ? FileContent.Of(content) : FileContent.NotRead("a test") };
        var mailbox = ArtefactClassifier.SubjectOf(path) is { } box && random.Next(5) > 0
            ? Given.Mailbox() with { Path = box, Kind = Rare(random) ? (FileKind)random.Next(8) : FileKind.Regular, MountId = (ulong)(Rare(random) ? Given.Nfs : Given.Disk).Id } : null;
        var host = HostOf(random, file, mailbox);
        var directory = new DirectoryFacts(path.Parent, new FileIdentity(0xfe, 0, 2), Rare(random) ? 0x1FFu : 0x1EDu, required ?? 8, 8);
        var matches = ConventionMatcher.Match(NameRow.PlaceOf(path), path);
        var artefact = new ArtefactFacts(
            file, directory, Rare(random) ? Given.Nfs : Given.Disk, matches, [], mailbox, [], file.Kind == FileKind.Directory && !Rare(random) ? [] : null, GuardsOf(random, matches, path))
        {
            Route = mailbox is null || random.Next(4) > 0 ? null
                : new MailboxRoute(mailbox.Path, [new FollowedLink(mailbox.Path.Append(".link"), 8, "x"u8.ToArray())], Rare(random) ? "it is outside" : null),
        };
        return (artefact, host);
    }

    private static HostFacts HostOf(Random random, FileFacts file, FileFacts? mailbox)
    {
        List<ProcessFacts> processes = [.. Pids.Where(_ => random.Next(4) == 0).Select(p => Given.Process(
            p, Given.Now - Age(random) + TimeSpan.FromSeconds(random.Next(-3, 4)), state: "SRDTZX"[random.Next(6)], liveTasks: random.Next(3), uid: Rare(random) ? 0u : 8u,
            nspids: Rare(random) ? [p, Pids[random.Next(Pids.Length)]] : null, kernel: Rare(random)))];
        var other = Given.Process(77, Given.Now.AddDays(-2), "other");
        processes.Add(other);
        var there = processes[random.Next(processes.Count)];
        List<LockEntry> locks = [];
        List<OpenFile> open = [];
        foreach (var on in new[] { file, mailbox }.OfType<FileFacts>())
        {
            if (Rare(random))
                locks.Add(Given.Lock(on, (LockClass)random.Next(1, 4), (LockMode)random.Next(1, 3), (PathState)random.Next(4), random.Next(3) == 0 ? [] : [there]));
            if (Rare(random))
                locks.Add(Given.Waiter(on, there, (PathState)random.Next(4)));
            if (Rare(random))
                open.Add(Given.Open(on, there, random.Next(2) == 0) with { Descriptor = random.Next(2) == 0 ? null : 4, IsThroughLayer = Rare(random), Path = random.Next(2) == 0 ? null : FilePath.FromText("/other/name") });
        }
        var host = Given.Host(processes, locks, open, !Rare(random), Rare(random) ? [77] : null, Rare(random) ? "an NFS server runs here" : null, Rare(random) ? ["alias1"] : null, AskedOf(random, other));
        if (Rare(random))
            host = host with { Locks = host.Locks with { Gaps = ["a lock could not be traced"] } };
        return Rare(random) ? host with { Layers = [new OverlayLayer(file.Path.Parent, FilePath.FromText("/merged"), 77)] } : host;
    }

    private static Dictionary<int, AskedNumber> AskedOf(Random random, ProcessFacts process) => Pids.Where(_ => Rare(random)).ToDictionary(p => p, p => random.Next(3) switch
    {
        0 => AskedNumber.NotAsked,
        1 => new AskedNumber(Answer.Yes, []),
        _ => new AskedNumber(Answer.Yes, [new ThreadFacts(p, process, Given.Now - Age(random))]),
    });

    private static List<GuardLook>? GuardsOf(Random random, IReadOnlyList<ConventionMatch> matches, FilePath path)
    {
        List<GuardLook> guards = [.. matches.Select(m => m.Convention is StagingFile staging ? staging.Guard(m.Match) : null).OfType<string>().Distinct().Select(name =>
        {
            var guard = path.Parent.Join(name);
            var file = Given.File("/x", random.Next(2) == 0 ? "" : "100:mail1", age: Age(random), inode: 60) with { Path = guard };
            var directory = new DirectoryFacts(path.Parent, new FileIdentity(0xfe, 0, 2), Modes.O755, 8, 8);
            return random.Next(3) switch
            {
                0 => new GuardLook(guard, null, null),
                1 => new GuardLook(guard, null, "EACCES"),
                _ => new GuardLook(guard, new ArtefactFacts(file, directory, Given.Disk, ConventionMatcher.Match(NameRow.PlaceOf(guard), guard), [], null, []), null),
            };
        })];
        return guards.Count == 0 ? null : guards;
    }

    private static byte[] Changed(Random random, ReadOnlySpan<byte> real)
    {
        List<byte> text = [.. real];
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = text.Count == 0 ? 0 : random.Next(text.Count);
            switch (random.Next(4))
            {
                case 0 when text.Count > 0:
                    text[at] = (byte)random.Next(256);
                    break;
                case 1 when text.Count > 0:
                    text.RemoveRange(at, Math.Min(random.Next(1, 6), text.Count - at));
                    break;
                case 2:
                    text.InsertRange(at, System.Text.Encoding.Latin1.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3 when text.Count > 0:
                    text[at] = (byte)"0123456789.:|-"[random.Next(14)];
                    break;
            }
        }
        return [.. text];
    }

    private static TimeSpan Age(Random random)
    {
        TimeSpan[] ages =
        [
            TimeSpan.Zero, TimeSpan.FromSeconds(4), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(31), TimeSpan.FromHours(3), TimeSpan.FromDays(2), TimeSpan.FromDays(9), TimeSpan.FromDays(30), TimeSpan.FromSeconds(-30),
        ];
        return ages[random.Next(ages.Length)];
    }

    private static bool Rare(Random random) => random.Next(24) == 0;
}

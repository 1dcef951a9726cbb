using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>
/// What a scan offers is done when it is asked for at once; what it does not offer is refused by preview and act alike, for the reason that the scan gave. On real file systems that
/// stand in the way in every manner that is known.
/// </summary>
public sealed class OfferTests(FuseMount fuse) : IClassFixture<FuseMount>, IDisposable
{
    private readonly List<IDisposable> _made = [];
    private readonly List<Action> _undo = [];

    [MountFact]
    public void On_a_disk_and_in_memory_everything_that_is_dead_is_offered_and_done()
    {
        AssertOffered(On(Disk().Path), "break", "remove");
        AssertOffered(On(Tmpfs("size=8m")), "break", "remove");
    }

    [MountTheory]
    [InlineData("+i", "directory-writable", "immutable flag")]
    [InlineData("+a", "directory-writable", "append-only flag")]
    public void Where_no_name_in_its_directory_can_be_changed_nothing_is_offered(string flag, string question, string words)
    {
        var store = On(Disk().Path);
        Mark(flag, store.Path, store.File("box/tmp"));
        AssertRefused(store, question, "not-possible", words);
    }

    [MountTheory]
    [InlineData("+i", "immutable flag")]
    [InlineData("+a", "append-only flag")]
    public void A_file_whose_own_name_is_fixed_is_not_offered(string flag, string words)
    {
        var store = On(Disk().Path);
        Mark(flag, store.File("alice.lock"), Leftover(store));
        AssertRefused(store, "file-movable", "not-possible", words);
    }

    [MountTheory]
    [InlineData("+i", "immutable flag")]
    [InlineData("+a", "append-only flag")]
    public void A_lock_whose_mailbox_cannot_be_locked_is_not_offered(string flag, string words)
    {
        var store = On(Disk().Path);
        Mark(flag, store.File("alice"));
        AssertRefused(store, "mailbox-lockable", "not-possible", words, "alice.lock");
        AssertOffered(store, "remove");
    }

    [MountFact]
    public void A_lock_on_a_directory_of_mail_is_not_offered_since_that_cannot_be_locked()
    {
        var store = On(Disk().Path);
        File.Delete(store.File("alice"));
        Directory.CreateDirectory(store.File("alice"));
        AssertRefused(store, "mailbox-lockable", "not-possible", "is a directory", "alice.lock");
    }

    [MountFact]
    public void On_a_file_system_or_a_mount_that_is_read_only_nothing_is_offered()
    {
        var disk = Disk();
        var store = On(disk.Path);
        LoopMount.Run("mount", "-o", "remount,ro", disk.Path);
        _undo.Add(() => LoopMount.Run("mount", "-o", "remount,rw", disk.Path));
        AssertRefused(store, "directory-writable", "not-possible", "mounted read-only");

        var bound = On(Disk().Path);
        foreach (var directory in new[] { bound.File("box"), bound.Path })
        {
            LoopMount.Run("mount", "--bind", directory, directory);
            _undo.Add(() => LoopMount.Run("umount", "--lazy", directory));
            LoopMount.Run("mount", "-o", "remount,bind,ro", directory);
        }
        AssertRefused(bound, "directory-writable", "not-possible", "mounted read-only");
    }

    [MountFact]
    public void A_store_in_a_read_only_root_is_not_offered_since_the_record_has_no_place()
    {
        var root = Tmpfs("size=8m");
        var store = On(Tmpfs("size=8m", Directory.CreateDirectory(Path.Join(root, "below")).FullName));
        var settings = store.Settings() with { Roots = StoreRoots.Named([root]) };
        LoopMount.Run("mount", "-o", "remount,bind,ro", root);
        AssertRefused(store, "quarantine", "not-possible", "mounted read-only", settings: settings);
        LoopMount.Run("mount", "-o", "remount,bind,rw", root);
        AssertOffered(store, settings, "break", "remove");
    }

    [MountTheory]
    [InlineData("foreign", "belongs to user 1234")]
    [InlineData("open", "mode 755")]
    [InlineData("file", "cannot be opened as a directory")]
    [InlineData("link", "cannot be opened as a directory")]
    [InlineData("immutable", "immutable flag")]
    [InlineData("nowhere", "no quarantine can be made")]
    public void Without_a_quarantine_of_our_own_nothing_is_offered(string what, string words)
    {
        var disk = Disk().Path;
        UseUpSmallNumbers(disk);
        var store = new Store(disk);
        _made.Add(store);
        Directory.CreateDirectory(store.File("mail"));
        Plant(store, "mail/");
        var quarantine = store.File(".ops-quarantine");
        switch (what)
        {
            case "file":
                File.WriteAllText(quarantine, "");
                break;
            case "link":
                Directory.CreateSymbolicLink(quarantine, "/nowhere");
                break;
            case "nowhere":
                Mark("+i", store.Path);
                break;
            default:
                Directory.CreateDirectory(quarantine, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                if (what == "foreign")
                    LoopMount.Run("chown", "1234", quarantine);
                else if (what == "open")
                    LoopMount.Run("chmod", "755", quarantine);
                else
                    Mark("+i", quarantine);
                break;
        }
        AssertRefused(store, "quarantine", "not-possible", words);
    }

    [MountFact]
    public void Without_room_for_our_own_record_nothing_is_offered()
    {
        var disk = Disk();
        var full = On(disk.Path);
        disk.Fill(0);
        AssertRefused(full, "space", "not-possible", "is full");

        var directory = Tmpfs("size=8m,nr_inodes=24");
        var crowded = On(directory);
        AssertRefused(crowded, "space", "not-possible", "inodes left");
    }

    [MountFact]
    public void Where_names_cannot_be_exchanged_a_break_is_offered_only_with_leave_for_the_weaker_protocol()
    {
        var mounted = fuse.Path;
        var store = On(mounted);
        var said = new Policy { SettlePeriod = TimeSpan.Zero, Unshared = [store.Path] };
        AssertRefused(store, "exchange", "no-exchange", "weakerProtocol", "alice.lock", store.Settings(said));
        var weaker = said with { WeakerProtocolBelow = [store.Path], Approvers = new Dictionary<string, int> { ["weaker"] = 0 } };
        AssertOffered(store, store.Settings(weaker), "break");
    }

    [MountFact]
    public void On_an_overlay_what_was_made_there_is_offered_and_done()
    {
        AssertOffered(On(Overlay(Tmpfs("size=8m"))), "break", "remove");
    }

    [MountFact]
    public void On_an_overlay_what_is_only_in_a_lower_layer_is_not_offered_since_the_act_would_meet_a_copy()
    {
        var layers = Tmpfs("size=8m");
        var lower = On(Directory.CreateDirectory(Path.Join(layers, "lower")).FullName);
        var merged = Overlay(layers);
        var settings = lower.Settings() with { Roots = StoreRoots.Named([merged]) };
        AssertRefused(lower, "file-movable", "not-possible", "lower layer of the overlay", settings: settings);
    }

    [MountFact]
    public void A_file_of_the_same_number_on_an_overlay_elsewhere_takes_no_offer_back()
    {
        // Without the gap in the numbers that other tests leave: both disks count from the same start, and the directories of the overlay take the first ones.
        var store = new Store(Disk().Path);
        _made.Add(store);
        for (var i = 0; i < 20; i++)
            store.Write($"filler{i}");
        Plant(store);
        var merged = Overlay(Disk().Path);
        var names = Enumerable.Range(0, 60).Select(i => Path.Join(merged, $"{i}")).ToList();
        foreach (var name in names)
            File.WriteAllText(name, "");
        using var container = LockMaker.Start([.. names.SelectMany((n, i) => new[] { "open", i % 2 == 0 ? "write" : "read", n, "--" }).SkipLast(1)]);
        var numbers = names.Select(n => new Mono.Unix.UnixFileInfo(n).Inode).ToHashSet();
        Assert.All(["alice", "alice.lock"], n => Assert.Contains(new Mono.Unix.UnixFileInfo(store.File(n)).Inode, numbers));
        AssertOffered(store, "break", "remove");
    }

    [MountFact]
    public void What_the_policy_does_not_allow_is_called_stale_and_not_offered()
    {
        var store = On(Disk().Path);
        var settings = store.Settings(new Policy { Verbs = ["remove", "undo"], Kinds = ["dot-lock"], SettlePeriod = TimeSpan.Zero });
        AssertRefused(store, "policy", "policy", "The policy of this host does not allow", settings: settings);
        Assert.Equal(["orphan", "stale"], Look(settings).Select(f => f.Verdict).Order(StringComparer.Ordinal));
    }

    [MountFact]
    public void What_is_outside_the_roots_is_not_offered_when_it_is_asked_for_by_name()
    {
        var store = On(Disk().Path);
        var survey = new HostSurvey(store.Settings() with { Roots = StoreRoots.Named([store.File("box")]) }, TimeProvider.System);
        var outside = survey.Explain(ExplainSubject.Of(store.File("alice.lock")), _ => null, anywhere: true);
        Assert.Contains("outside the directories", Assert.Single(outside.Findings, f => f.Path.EndsWith("alice.lock", StringComparison.Ordinal)).Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("Safe to do", string.Join(" ", outside.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_is_preview_and_act_say_so_in_the_same_words()
    {
        using var store = new Store();
        var path = store.Write("alice", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n");
        foreach (var (name, action) in new[] { (path, "remove"), (path + ".lock", "break") })
        {
            var preview = store.Handler().Preview(new PreviewRequest(action, "", name, null));
            var result = store.Handler().Execute(new ExecuteRequest(Guid.NewGuid(), action, "", name, null, null, "tester", [], "a test"), _ => { });
            Assert.Equal("gone", result.Outcome);
            Assert.Equal(preview.Refusal, result.Refusal);
        }
    }

    public void Dispose()
    {
        foreach (var undo in Enumerable.Reverse(_undo))
            undo();
        foreach (var made in Enumerable.Reverse(_made))
            made.Dispose();
    }

    private LoopMount Disk()
    {
        var disk = new LoopMount();
        _made.Add(disk);
        return disk;
    }

    /// <summary>An overlay of directories on one file system; what its lower one is to hold is put into <c>lower</c> before.</summary>
    private string Overlay(string layers)
    {
        string In(string name) => Directory.CreateDirectory(Path.Join(layers, name)).FullName;
        var merged = In("merged");
        LoopMount.Run("mount", "-t", "overlay", "none", "-o", $"lowerdir={In("lower")},upperdir={In("upper")},workdir={In("work")}", merged);
        _undo.Add(() => LoopMount.Run("umount", "--lazy", merged));
        return merged;
    }

    private string Tmpfs(string options, string? at = null)
    {
        if (at is null)
        {
            var directory = new Scratch();
            _made.Add(directory);
            at = Directory.CreateDirectory(directory.File("memory")).FullName;
        }
        LoopMount.Run("mount", "-t", "tmpfs", "-o", options, "none", at);
        _undo.Add(() => LoopMount.Run("umount", "--lazy", at));
        return at;
    }

    private Store On(string place)
    {
        UseUpSmallNumbers(place);
        var store = new Store(place);
        _made.Add(store);
        Plant(store);
        return store;
    }

    /// <summary>
    /// Files on a new file system begin with the same inode numbers everywhere. What another program has open on an overlay somewhere on this machine counts as a file here of the same
    /// number, for want of a device to tell them apart; no test of this class is about that.
    /// </summary>
    private static void UseUpSmallNumbers(string place)
    {
        var filler = Path.Join(place, "filler");
        if (Directory.Exists(filler))
            return;
        Directory.CreateDirectory(filler);
        // A file system in memory counts on; one on a disk gives the lowest free number.
        var isMemory = new DriveInfo(place).DriveFormat == "tmpfs";
        for (var number = 0; number < 1200; number++)
        {
            var file = Path.Join(filler, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
            File.WriteAllText(file, "");
            if (isMemory)
                File.Delete(file);
        }
    }

    /// <summary>A stale lock beside its mailbox, and a leftover of a dead delivery in a maildir.</summary>
    private static void Plant(Store store, string below = "")
    {
        store.StaleLock(below + "alice");
        foreach (var name in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(store.File($"{below}box/{name}"));
        store.Write($"{below}box/tmp/1700000000.M1P{Store.DeadPid()}.{Environment.MachineName}", "half a message", TimeSpan.FromDays(3));
    }

    private static string Leftover(Store store) => Directory.GetFiles(store.File("box/tmp")).Single();

    private void Mark(string flag, params string[] paths)
    {
        LoopMount.Run("chattr", [flag, .. paths]);
        _undo.Add(() => LoopMount.Run("chattr", [flag.Replace('+', '-'), .. paths]));
    }

    private static IReadOnlyList<Finding> Look(AgentSettings settings) =>
        [.. new HostSurvey(settings, TimeProvider.System).LookAtStores(CancellationToken.None).Findings.Where(f => f.Identity is not null)];

    private static void AssertOffered(Store store, params string[] expected) => AssertOffered(store, store.Settings(), expected);

    /// <summary>The property: whatever the scan offers is done, and whatever it does not offer is refused with its own words.</summary>
    private static void AssertOffered(Store store, AgentSettings settings, params string[] expected)
    {
        var findings = Look(settings);
        var offered = findings.Where(f => f.Actions.Count > 0).ToList();
        Assert.True(expected.SequenceEqual(offered.SelectMany(f => f.Actions).Order(StringComparer.Ordinal)), string.Join('\n', findings.Select(f => $"{f.Path}: {f.Verdict} {f.Summary}")));
        foreach (var finding in findings)
        {
            if (finding.Actions is [var action, ..])
                AssertDone(store, settings, finding, action);
            else
                AssertRefusedAlike(store, settings, finding);
        }
        Assert.DoesNotContain(Look(settings), f => f.Actions.Count > 0);
    }

    private static void AssertRefused(Store store, string question, string reason, string words, string? only = null, AgentSettings? settings = null)
    {
        settings ??= store.Settings();
        var findings = Look(settings).Where(f => only is null || f.Path.EndsWith(only, StringComparison.Ordinal)).ToList();
        Assert.Equal(only is null ? 2 : 1, findings.Count);
        foreach (var finding in findings)
        {
            Assert.Empty(finding.Actions);
            var block = finding.Evidence.First(e => e.Blocks);
            Assert.True(question == block.Question, $"{finding.Path}: {block.Question}: {block.Detail}");
            Assert.Contains(words, finding.Summary, StringComparison.Ordinal);
            Assert.Equal(reason, AssertRefusedAlike(store, settings, finding));
        }
    }

    private static void AssertDone(Store store, AgentSettings settings, Finding finding, string action)
    {
        var handler = store.Handler(settings);
        var preview = handler.Preview(new PreviewRequest(action, finding.Key, finding.Path, null));
        Assert.True(preview.Refusal is null, preview.Refusal?.Sentence);
        Assert.Equal(finding.Fingerprint, preview.Fingerprint);
        var result = handler.Execute(Request(finding, action) with { Fingerprint = finding.Fingerprint }, _ => { });
        Assert.True("done" == result.Outcome, $"{finding.Path}: {result.Outcome}: {result.Summary}");
    }

    /// <summary>The reason, which preview and act give in the same words.</summary>
    private static string AssertRefusedAlike(Store store, AgentSettings settings, Finding finding)
    {
        var (handler, action) = (store.Handler(settings), finding.Kind == "dot-lock" ? "break" : "remove");
        var preview = handler.Preview(new PreviewRequest(action, finding.Key, finding.Path, null));
        var result = handler.Execute(Request(finding, action), _ => { });
        Assert.Equal("refused", result.Outcome);
        Assert.Equal(preview.Refusal, result.Refusal);
        Assert.True(finding.Summary.EndsWith(result.Refusal!.Sentence, StringComparison.Ordinal), $"{finding.Summary} / {result.Refusal.Sentence}");
        return result.Refusal.Reason;
    }

    private static ExecuteRequest Request(Finding finding, string action) => new(Guid.NewGuid(), action, finding.Key, finding.Path, null, null, "tester", [], "a test");
}

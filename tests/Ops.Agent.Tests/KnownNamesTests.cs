using System.Globalization;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Looks at the stores by the names that events gave: they say what a walk says. Needs root: only then does the kernel report changes.</summary>
public sealed class KnownNamesTests : IDisposable
{
    private readonly Store _store = new();
    private readonly HostSurvey _survey;
    private readonly NameWatch _watch;
    private readonly ManualResetEventSlim _reported = new(), _goOn = new(initialState: true);
    private bool _isReported;

    public KnownNamesTests()
    {
        _survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        _watch = _survey.WatchStores(changes =>
        {
            _reported.Set();
            _goOn.Wait();
            if (changes.Directories.Count > 0)
                _survey.NamesIn(changes.Directories, CancellationToken.None);
            if (changes.Removed.Count > 0 && !_isReported)
                _survey.Existing(changes.Removed, CancellationToken.None);
            // As the engine does with names that are on the page.
            if (changes.Removed.Count > 0 && _isReported)
                _survey.LookAtNames(changes.Removed, CancellationToken.None);
        });
    }

    [RootFact]
    public async Task A_second_look_makes_no_walk_and_finds_the_same()
    {
        Fill();
        var whole = Look();
        Assert.True(whole.IsWhole && whole.Findings.Count >= 7, string.Join(", ", whole.Findings.Select(f => f.Path)));
        await EndsAsAWalkDoes();
    }

    [RootFact]
    public async Task A_store_that_is_filled_after_the_walk_is_known_by_events()
    {
        Look();
        Fill();
        await EndsAsAWalkDoes();
    }

    [RootFact]
    public async Task A_directory_that_is_moved_takes_its_names_with_it()
    {
        Directory.CreateDirectory(_store.File("a/deep/deeper"));
        _store.StaleLock("a/deep/deeper/box");
        var outside = Directory.CreateDirectory(_store.Path + "-outside").FullName;
        await File.WriteAllTextAsync(Path.Join(outside, "in.lock"), "");
        Look();
        Directory.Move(_store.File("a"), _store.File("b"));
        Directory.Move(outside, _store.File("c"));
        await EndsAsAWalkDoes("b/deep/deeper/box.lock", "c/in.lock");
        Directory.Move(_store.File("c"), outside);
        await EndsAsAWalkDoes("b/deep/deeper/box.lock");
        Directory.Delete(outside, recursive: true);
    }

    [RootFact]
    public async Task A_message_in_a_tmp_is_a_leftover_as_soon_as_the_directories_next_to_it_make_it_a_maildir()
    {
        Look();
        Directory.CreateDirectory(_store.File("md/tmp"));
        var name = string.Create(CultureInfo.InvariantCulture, $"md/tmp/1700000000.M1P{Store.DeadPid()}.{Environment.MachineName}");
        _store.Write(name, "half a message", TimeSpan.FromDays(3));
        await EndsAsAWalkDoes();
        Directory.CreateDirectory(_store.File("md/cur"));
        Directory.CreateDirectory(_store.File("md/new"));
        await EndsAsAWalkDoes(name);
        Directory.Delete(_store.File("md/new"));
        await EndsAsAWalkDoes();
    }

    [RootFact]
    public async Task What_is_removed_by_the_tree_is_known_to_be_gone()
    {
        Fill();
        Look();
        foreach (var name in _store.Names())
        {
            if (Directory.Exists(_store.File(name)))
                Directory.Delete(_store.File(name), recursive: true);
            else
                File.Delete(_store.File(name));
        }
        await EndsAsAWalkDoes();
        Assert.DoesNotContain(Look().Findings, f => f.Relation is null);
    }

    /// <summary>The kernel makes one event of both moves, in which their order is lost.</summary>
    [RootFact]
    public async Task A_reported_lock_that_was_moved_away_and_back_is_still_known()
    {
        _isReported = true;
        _store.StaleLock("box");
        Look();
        _goOn.Reset();
        _store.Write("other.lock");
        Assert.True(_reported.Wait(TimeSpan.FromSeconds(30)));
        // The watch is stopped in its report: these two wait in the queue together.
        File.Move(_store.File("box.lock"), _store.File("away"));
        File.Move(_store.File("away"), _store.File("box.lock"));
        _goOn.Set();
        // Events come in order: once this one is known, those before it were taken in.
        _store.Write("last.lock");
        await EndsAsAWalkDoes("box.lock", "last.lock");
    }

    [RootFact]
    public async Task A_root_that_is_removed_and_made_again_is_missed_and_then_walked()
    {
        Fill();
        Look();
        Assert.False(Look().IsWhole);
        Directory.Delete(_store.Path, recursive: true);
        Assert.Contains(Look().BlindSpots, b => b.Detail.StartsWith(_store.Path + ":", StringComparison.Ordinal));
        Directory.CreateDirectory(_store.Path);
        _store.StaleLock("again");
        await EndsAsAWalkDoes("again.lock");
    }

    /// <summary>Neither the mount table nor an event says so: the directory that is moved is on a file system that is not watched.</summary>
    [RootFact]
    public async Task A_root_whose_mount_point_moves_with_the_directory_above_it_is_missed_and_found_again()
    {
        var (here, there) = (_store.Path + "-above", _store.Path + "-moved");
        var root = Directory.CreateDirectory(Path.Join(here, "mail")).FullName;
        LoopMount.Run("mount", "-t", "tmpfs", "none", root);
        try
        {
            await File.WriteAllTextAsync(Path.Join(root, "box.lock"), "");
            var survey = new HostSurvey(_store.Settings() with { Roots = StoreRoots.Named([root]) }, TimeProvider.System);
            using var watch = survey.WatchStores(_ => { });
            await Wait.Until(() => survey.LookAtStores(CancellationToken.None) is { IsWhole: false, Findings.Count: 1 });
            Directory.Move(here, there);
            Assert.Contains(survey.LookAtStores(CancellationToken.None).BlindSpots, b => b.Detail.StartsWith(root + ":", StringComparison.Ordinal));
            Directory.Move(there, here);
            Assert.Single(survey.LookAtStores(CancellationToken.None).Findings);
        }
        finally
        {
            LoopMount.Run("umount", "--lazy", Directory.Exists(here) ? root : Path.Join(there, "mail"));
            foreach (var left in new[] { here, there }.Where(Directory.Exists))
                Directory.Delete(left, recursive: true);
        }
    }

    /// <summary>The second root is on a file system that reports no changes of names.</summary>
    [RootFact]
    public async Task Only_a_root_without_events_is_walked_again()
    {
        var quiet = Directory.CreateDirectory(_store.Path + "-quiet").FullName;
        LoopMount.Run("mount", "-t", "ramfs", "none", quiet);
        try
        {
            _store.StaleLock("box");
            var settings = _store.Settings() with { Roots = StoreRoots.Named([_store.Path, quiet]) };
            var survey = new HostSurvey(settings, TimeProvider.System);
            using var watch = survey.WatchStores(_ => { });
            Assert.StartsWith(quiet + ": ", Assert.Single(watch.BlindSpots).Detail, StringComparison.Ordinal);
            await Wait.Until(() => survey.LookAtStores(CancellationToken.None) is { IsWhole: false, IsPartlyWalked: true, Findings.Count: 1 });

            await File.WriteAllTextAsync(Path.Join(quiet, "new.lock"), "");
            var look = survey.LookAtStores(CancellationToken.None);
            Assert.True(look is { IsWhole: false, IsPartlyWalked: true });
            Assert.Equal([Path.Join(quiet, "new.lock"), _store.File("box.lock")], look.Findings.Select(f => f.Path).Order(StringComparer.Ordinal));

            _store.StaleLock("later");
            await Wait.Until(() => survey.LookAtStores(CancellationToken.None) is { IsWhole: false, Findings.Count: 3 });
            File.Delete(Path.Join(quiet, "new.lock"));
            Assert.Equal(2, survey.LookAtStores(CancellationToken.None).Findings.Count);
            // Without events there is nothing that a slow walk could prove of it.
            var check = survey.CheckOfBook()!;
            await File.WriteAllTextAsync(Path.Join(quiet, "unseen.lock"), "");
            while (check.Step(out var unknown))
                Assert.Empty(unknown);
            Assert.True(check.IsValid);
        }
        finally
        {
            LoopMount.Run("umount", "--lazy", quiet);
            Directory.Delete(quiet);
        }
    }

    public void Dispose()
    {
        _goOn.Set();
        _watch.Dispose();
        _reported.Dispose();
        _goOn.Dispose();
        _store.Dispose();
    }

    private AreaScan Look() => _survey.LookAtStores(CancellationToken.None);

    private void Fill()
    {
        _store.StaleLock("stale");
        _store.Write("anonymous.lock", "", TimeSpan.FromHours(2));
        _store.Write("odd.lock", "no lock that is known", TimeSpan.FromHours(2));
        File.CreateSymbolicLink(_store.File("link.lock"), "/etc/passwd");
        foreach (var name in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(_store.File($"md/{name}"));
        _store.Write(string.Create(CultureInfo.InvariantCulture, $"md/tmp/1700000000.M1P{Store.DeadPid()}.{Environment.MachineName}"), "half a message", TimeSpan.FromDays(3));
        _store.Write("md/dovecot-uidlist.lock", "", TimeSpan.FromHours(2));
        // A hitching post that is linked to its lock, and the same file under a name in another directory.
        var post = _store.Write(string.Create(CultureInfo.InvariantCulture, $"twice.lock.mail1.1700000000.{Store.DeadPid()}"), "", TimeSpan.FromHours(2));
        Assert.Equal(0, Mono.Unix.Native.Syscall.link(post, _store.File("twice.lock")));
        Assert.Equal(0, Mono.Unix.Native.Syscall.link(post, _store.File("md/twice.lock")));
        _store.Write("gone.lock");
        File.Delete(_store.File("gone.lock"));
    }

    /// <summary>Until a look by the names that are known says what a walk of another survey says.</summary>
    /// <param name="there">Names of which both must say something.</param>
    private async Task EndsAsAWalkDoes(params string[] there)
    {
        var walked = Verdicts(new HostSurvey(_store.Settings(), TimeProvider.System).LookAtStores(CancellationToken.None).Findings);
        Assert.All(there, name => Assert.Contains(walked, w => w.StartsWith(_store.File(name) + " ", StringComparison.Ordinal)));
        List<string> known = [];
        try
        {
            await Wait.Until(() => Look() is { IsWhole: false } look && (known = Verdicts(look.Findings)).SequenceEqual(walked));
        }
        finally
        {
            Assert.Equal(walked, known);
        }
    }

    private static List<string> Verdicts(IEnumerable<Finding> findings) => [.. findings.Select(f => $"{f.Path} {f.Relation} {f.Verdict} {string.Join(',', f.Actions)}").Order(StringComparer.Ordinal)];
}

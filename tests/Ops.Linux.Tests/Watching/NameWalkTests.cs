using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>A walk by names alone that may rest between any two directories.</summary>
public sealed class NameWalkTests : IDisposable
{
    private readonly Scratch _store = new();

    [Fact]
    public void It_finds_the_candidates_of_all_directories_one_directory_at_a_time()
    {
        var names = new[] { Write("box.lock"), Write("a/in.lock"), Write("a/b/deep.lock"), Write("c/other.lock") };
        Write("a/message");
        var walk = Start(new ScanRoot(FilePath.FromText(_store.Path)));
        Assert.Equal(names.Order(), All(walk).Order());
        Assert.Equal((4, 8), (walk.Directories, walk.Names));
    }

    [Fact]
    public void Of_a_shared_directory_only_the_names_directly_in_it_are_seen()
    {
        var name = Write("box.lock");
        Write("a/in.lock");
        Assert.Equal([name], All(Start(new ScanRoot(FilePath.FromText(_store.Path), TopLevelOnly: true))));
    }

    [Fact]
    public void A_directory_that_is_removed_in_a_rest_is_left_out()
    {
        var name = Write("box.lock");
        Write("a/in.lock");
        var walk = Start(new ScanRoot(FilePath.FromText(_store.Path)));
        Assert.True(walk.Step(out var first));
        Assert.Equal([name], first);
        Directory.Delete(Path.Join(_store.Path, "a"), recursive: true);
        Assert.Empty(All(walk));
    }

    [Fact]
    public void A_directory_inside_the_roots_is_seen_under_the_name_of_a_link_to_it_too_and_one_outside_is_not()
    {
        var name = Write("real/box.lock");
        File.CreateSymbolicLink(Path.Join(_store.Path, "alias"), "real");
        File.CreateSymbolicLink(Path.Join(_store.Path, "out"), "/etc");
        Assert.Equal([FilePath.FromText(Path.Join(_store.Path, "alias/box.lock")), name], All(Start(new ScanRoot(FilePath.FromText(_store.Path)))).Order());
    }

    public void Dispose() => _store.Dispose();

    private FilePath Write(string name)
    {
        var path = Path.Join(_store.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return FilePath.FromText(path);
    }

    private static NameWalk Start(ScanRoot root)
    {
        var walk = new NameWalk(new MountReader().Read().Mounts, [root], ConventionMatcher.IsCandidate);
        walk.Start(root.Path);
        return walk;
    }

    private static List<FilePath> All(NameWalk walk)
    {
        List<FilePath> found = [];
        while (walk.Step(out var names))
            found.AddRange(names);
        return found;
    }
}

using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>A look at names that are known, without a walk.</summary>
public sealed class CandidateReaderTests : IDisposable
{
    private readonly Scratch _store = new();

    private ScanRoot Root => new(FilePath.FromText(Path.Join(_store.Path, "store")));

    [Fact]
    public async Task A_name_below_a_link_is_seen_under_it_with_its_real_path()
    {
        Write("store/real/box.lock");
        Link("real");
        var seen = Assert.Single((await Read()).Found);
        Assert.Equal((Alias.Parent, In("store/real")), (seen.Directory.ReachedThrough, seen.Directory.RealPath));
    }

    [Fact]
    public async Task A_link_that_now_leads_out_of_the_roots_has_no_names()
    {
        Write("outside/box.lock");
        Link("../outside");
        NothingThere(await Read());
    }

    // The owner of a store may turn a link to wherever they want, at any time.
    [MountFact]
    public async Task A_link_that_leads_to_a_server_that_does_not_answer_is_not_followed()
    {
        Directory.CreateDirectory(Path.Join(_store.Path, "store"));
        using var dead = new DeadMount(Directory.CreateDirectory(Path.Join(_store.Path, "dead")).FullName);
        Link("../dead");
        NothingThere(await Read());
    }

    public void Dispose() => _store.Dispose();

    private FilePath Alias => In("store/alias/box.lock");

    private FilePath In(string path) => FilePath.FromText(Path.Join(_store.Path, path));

    private void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(_store.Path, path))!);
        File.WriteAllText(Path.Join(_store.Path, path), "");
    }

    private void Link(string target) =>
        File.CreateSymbolicLink(Path.Join(Directory.CreateDirectory(Path.Join(_store.Path, "store")).FullName, "alias"), target);

    private Task<CandidatesRead> Read() =>
        Task.Run(() => CandidateReader.Read(new ArtefactReader(new MountReader().Read().Mounts, [Root.Path]), [Alias], [Root], CancellationToken.None)).WaitAsync(TimeSpan.FromSeconds(30));

    private void NothingThere(CandidatesRead read)
    {
        Assert.Empty(read.Found);
        Assert.Equal([Alias], read.Gone);
    }
}

using System.Globalization;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>libguestfs locks byte 0 of <c>checksum</c> while it builds, swaps or links its cache: no <c>kernel.PID</c> is removed then, and nobody is kept waiting.</summary>
public sealed class FamilyLockTests : IDisposable
{
    private readonly Store _store = new();

    [RootTheory]
    [InlineData("write")]
    [InlineData("read")]
    public void While_another_process_has_checksum_locked_the_removal_is_neither_offered_nor_done(string mode)
    {
        var (link, checksum) = Cache();
        using var builder = LockMaker.Start("posix", mode, checksum, "0", "1");

        var finding = Assert.Single(Look(), f => f.Path == link);
        // Its own owner is gone all the while.
        Assert.Equal("orphan-linked", finding.Verdict);
        Assert.Empty(finding.Actions);
        Assert.Contains($"Not now: pid {builder.Pid} ", finding.Summary, StringComparison.Ordinal);
        Assert.Equal("family-lock", finding.Evidence.First(e => e.Blocks).Question);
        var preview = _store.Handler().Preview(new PreviewRequest("remove", finding.Key, link, null));
        var result = _store.Handler().Execute(Remove(finding), _ => { });
        Assert.Equal("in-use", preview.Refusal!.Reason);
        Assert.Equal(preview.Refusal, result.Refusal);
        Assert.True(File.Exists(link));
    }

    [RootFact]
    public void A_cache_link_goes_and_the_cache_stays_while_no_process_has_it()
    {
        var (link, checksum) = Cache();
        var before = File.GetLastWriteTimeUtc(checksum);

        var finding = Assert.Single(Look(), f => f.Path == link);
        Assert.Equal(["remove"], finding.Actions);
        Assert.Contains(finding.Evidence, e => e is { Question: "family-lock", Answer: "yes" });
        Assert.DoesNotContain(finding.Evidence, e => e.Detail.Contains("message", StringComparison.Ordinal));
        var result = _store.Handler().Execute(Remove(finding), _ => { });

        Assert.True("done" == result.Outcome, result.Summary);
        Assert.False(File.Exists(link));
        Assert.Equal("an image", File.ReadAllText(Path.Join(Path.GetDirectoryName(checksum), "kernel")));
        Assert.Equal(("a sum", before), (File.ReadAllText(checksum), File.GetLastWriteTimeUtc(checksum)));
        using var next = LockMaker.Start("posix", "write", checksum, "0", "1");
    }

    [RootFact]
    public void A_symbolic_link_of_that_name_is_refused_and_where_there_is_none_nothing_has_to_be_locked()
    {
        var (link, checksum) = Cache();
        File.Delete(checksum);
        File.CreateSymbolicLink(checksum, "/etc/passwd");
        var finding = Assert.Single(Look(), f => f.Path == link);
        Assert.Equal(("refused", "family-lock"), (finding.Verdict, finding.Evidence.First(e => e.Blocks).Question));
        Assert.Equal("refused", _store.Handler().Execute(Remove(finding), _ => { }).Outcome);
        File.Delete(checksum);
        finding = Assert.Single(Look(), f => f.Path == link);
        Assert.Equal("done", _store.Handler().Execute(Remove(finding), _ => { }).Outcome);
    }

    public void Dispose() => _store.Dispose();

    private (string Link, string Checksum) Cache()
    {
        var directory = Directory.CreateDirectory(_store.File(".guestfs-0"), (UnixFileMode)Modes.O755).FullName;
        var kernel = _store.Write(".guestfs-0/kernel", "an image", TimeSpan.FromHours(2));
        var link = Path.Join(directory, "kernel." + Store.DeadPid().ToString(CultureInfo.InvariantCulture));
        LoopMount.Run("ln", kernel, link);
        return (link, _store.Write(".guestfs-0/checksum", "a sum", TimeSpan.FromHours(2)));
    }

    private IEnumerable<Finding> Look() => new HostSurvey(_store.Settings(), TimeProvider.System).LookAtStores(CancellationToken.None).Findings;

    private static ExecuteRequest Remove(Finding finding) => new(Guid.NewGuid(), "remove", finding.Key, finding.Path, null, null, "tester", [], "a test");
}

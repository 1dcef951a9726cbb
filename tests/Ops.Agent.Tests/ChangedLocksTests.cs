namespace Ops.Agent.Tests;

/// <summary>Looks at the kernel locks that judge what has changed only.</summary>
public sealed class ChangedLocksTests : IDisposable
{
    private readonly Store _store = new();
    private readonly HostSurvey _survey;
    private readonly FindingBook _book = new(Guid.NewGuid());

    public ChangedLocksTests() => _survey = new HostSurvey(_store.Settings(), TimeProvider.System);

    [Fact]
    public void A_lock_of_which_nothing_has_changed_is_not_judged_again_once_its_finding_is_in_the_book()
    {
        var path = _store.Write("box", "From x\n");
        using var holder = LockMaker.Start("posix", "write", path);
        var key = Assert.Single(Look().Findings, f => f.Path == path).Key;
        // Nothing was taken in, so it has to be said again.
        var scan = Look();
        Assert.Contains(scan.Findings, f => f.Key == key);
        TakeIn(scan);

        scan = Look();

        Assert.DoesNotContain(scan.Findings, f => f.Key == key);
        Assert.Contains(key, scan.Unchanged);
        TakeIn(scan);
        TakeIn(Look());
        Assert.NotNull(_book.Find(key));
    }

    [Fact]
    public void A_lock_whose_file_is_replaced_is_judged_again_though_no_row_has_changed()
    {
        var path = _store.Write("box", "From x\n");
        using var holder = LockMaker.Start("posix", "write", path);
        TakeIn(Look());
        var key = Assert.Single(_book.Findings, f => f.Path == path && f.Lock is not null).Key;
        File.Move(_store.Write("new", "From y\n"), path, overwrite: true);

        TakeIn(Look());

        Assert.Equal("ghost-write", _book.Find(key)!.Verdict);
    }

    [Fact]
    public void A_lock_that_is_released_is_closed_and_one_that_is_taken_is_opened()
    {
        var (path, other) = (_store.Write("box", "From x\n"), _store.Write("other", "From x\n"));
        using (LockMaker.Start("flock", "write", path))
            TakeIn(Look());
        using var holder = LockMaker.Start("flock", "write", other);

        TakeIn(Look());

        Assert.Equal([other], _book.Findings.Where(f => f.Path == path || f.Path == other).Select(f => f.Path));
    }

    public void Dispose() => _store.Dispose();

    private AreaScan Look() => _survey.LookAtLocks(CancellationToken.None);

    private void TakeIn(AreaScan scan)
    {
        _book.Apply(scan.Area, scan.Findings, DateTimeOffset.UtcNow, scan.Missed, scan.Gone, scan.Unchanged);
        scan.Taken!();
    }
}

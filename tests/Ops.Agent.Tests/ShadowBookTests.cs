using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Shadow mode on real locks of real processes: what would have been done, and whether it would have been right.</summary>
public sealed class ShadowBookTests : IDisposable
{
    private readonly Store _store = new();
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly AgentSettings _settings;
    private ShadowBook _book;

    public ShadowBookTests()
    {
        _settings = _store.Settings(new Policy { Shadow = true });
        _book = Book();
    }

    [RootFact]
    public void What_it_would_break_is_watched_until_it_is_confirmed_over_a_restart()
    {
        var path = _store.StaleLock("alice");
        Assert.Equal((path, "break", "would-act"), Look());
        _time.Advance(TimeSpan.FromMinutes(61));
        _book = Book();
        Assert.Equal((path, "break", "confirmed"), Look());
        Assert.True(File.Exists(path));
        Assert.True(_book.Report().IsOn);
    }

    [RootFact]
    public void An_owner_that_comes_back_to_its_lock_is_a_would_be_error()
    {
        var path = _store.StaleLock("alice");
        Look();
        using var holder = LockMaker.Start("open", "write", path);
        File.WriteAllText(path, holder.Pid.ToString(CultureInfo.InvariantCulture) + "\n");
        Assert.Equal("owner-returned", Look().State);
        holder.Kill();
        Assert.Equal("owner-returned", Look().State);
    }

    [RootFact]
    public void Another_pid_in_the_same_file_is_a_would_be_error()
    {
        var path = _store.StaleLock("alice");
        Look();
        File.WriteAllText(path, Store.DeadPid().ToString(CultureInfo.InvariantCulture) + "\n");
        Assert.Equal("changed", Look().State);
    }

    [RootFact]
    public void What_goes_away_is_gone_by_itself_and_the_next_lock_is_another_entry()
    {
        var path = _store.StaleLock("alice");
        Look();
        File.Move(path, _store.Path + ".away"); // its inode stays in use
        Assert.Equal("gone-by-itself", Look().State);
        _store.StaleLock("alice");
        Look();
        Assert.Equal(["would-act", "gone-by-itself"], _book.Report().Entries.Select(e => e.State));
    }

    [RootFact]
    public void A_directory_that_could_not_be_read_says_nothing()
    {
        _store.StaleLock("alice");
        Look();
        _book.Take(new AreaScan(ScanArea.Stores, [], [], [Locks.FilePath.FromText(_store.Path)], TimeSpan.Zero));
        // Nor does a look that left out a file which is there.
        _book.Take(new AreaScan(ScanArea.Stores, [], [], [], TimeSpan.Zero));
        Assert.Equal("would-act", Assert.Single(_book.Report().Entries).State);
    }

    [Fact]
    public void A_damaged_shadow_file_is_started_again_and_none_is_kept_without_shadow_mode()
    {
        Directory.CreateDirectory(_store.State);
        File.WriteAllText(Path.Join(_store.State, "shadow.json"), "{\"since\":");
        Assert.Empty(_book.Report().Entries);
        _store.StaleLock("alice");
        var off = new ShadowBook(_store.Settings(), _time, NullLogger.Instance);
        off.Take(Scan());
        Assert.Empty(off.Report().Entries);
        Assert.False(off.Report().IsOn);
    }

    public void Dispose() => _store.Dispose();

    private ShadowBook Book() => new(_settings, _time, NullLogger.Instance);

    private AreaScan Scan() => new HostSurvey(_settings, TimeProvider.System).LookAtStores(CancellationToken.None);

    private (string Path, string Action, string State) Look()
    {
        _book.Take(Scan());
        ShadowEntry entry = Assert.Single(_book.Report().Entries.Where(e => e.State != "gone-by-itself").DefaultIfEmpty(_book.Report().Entries[0]));
        return (entry.Path, entry.Action, entry.State);
    }
}

using System.Globalization;

namespace Ops.Agent.Tests;

/// <summary>Real locks that name a real thread: <c>kill(2)</c> succeeds for it, so the programs of the store take them for held.</summary>
public sealed class ThreadOwnerScanTests : IDisposable
{
    private readonly Store _store = new();

    [Theory]
    [InlineData("box.lock", "{0}\n")]
    [InlineData("box.lock", "{0}:{1}")]
    [InlineData(".lk{0:00000}a{1}", "")]
    [InlineData("box.lock.{1}.{2:x8}.{0:x8}", "")]
    public async Task A_lock_naming_a_thread_id_is_held_by_its_process(string name, string text)
    {
        using var owner = LockMaker.Start("open", "read", "/dev/null");
        var thread = Directory.EnumerateDirectories($"/proc/{owner.Pid}/task").Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture)).Order().First(t => t != owner.Pid);
        string Fill(string form) => string.Format(CultureInfo.InvariantCulture, form, thread, Environment.MachineName, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        _store.Write("box", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        var path = _store.Write(Fill(name), Fill(text), TimeSpan.FromHours(2));

        var held = Assert.Single(await _store.Scan(), f => f.Path == path);
        Assert.Equal(("held", owner.Pid, true), (held.Verdict, held.Owner!.Pid, held.OwnerAlive));
        Assert.Empty(held.Actions.Intersect(["break", "remove"]));

        owner.Kill();
        var left = Assert.Single(await _store.Scan(), f => f.Path == path);
        Assert.True(left.Verdict is "stale" or "orphan", left.Summary);
    }

    public void Dispose() => _store.Dispose();
}

using System.Diagnostics;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

// The looks themselves, one after the other; what they are to look at is decided in the other half.
public sealed partial class NameLoop
{
    /// <summary>Runs until stopped.</summary>
    /// <param name="deliver">Awaited before the next look.</param>
    /// <param name="atOnce">A look at names that were just given, of which it may leave some out.</param>
    /// <param name="existing">Those of the names at which something is.</param>
    /// <param name="lagged">How long after the event a name that was given has been reported.</param>
    /// <param name="list">Names of directories that mean something else now.</param>
    public async Task RunAsync(
        Func<IReadOnlyCollection<FilePath>, CancellationToken, NamesLook> look, Func<NamesLook, Task> deliver, Action<Exception> failed, CancellationToken stop,
        Func<IReadOnlyCollection<FilePath>, CancellationToken, NamesLook>? atOnce = null,
        Func<IReadOnlyCollection<FilePath>, CancellationToken, IReadOnlyCollection<FilePath>>? existing = null,
        Func<IReadOnlyCollection<ChangedDirectory>, CancellationToken, IReadOnlyCollection<FilePath>>? list = null,
        Action<TimeSpan>? lagged = null)
    {
        while (true)
        {
            await WaitAsync(stop);
            await LookWhetherThereAsync(existing, failed, stop);
            await ListAsync(list, failed, stop);
            await LookAtGivenAsync(atOnce, deliver, failed, lagged, stop);
            var names = TakeDue();
            if (names.Count == 0)
                continue;
            try
            {
                var seen = await Task.Run(() => Charged(_whole, () => look(names, stop)), stop);
                TakeIn(seen);
                await deliver(seen);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failed(e);
                lock (_gate)
                    _inLook.ExceptWith(names);
            }
        }
    }

    private async Task LookAtGivenAsync(
        Func<IReadOnlyCollection<FilePath>, CancellationToken, NamesLook>? atOnce, Func<NamesLook, Task> deliver, Action<Exception> failed, Action<TimeSpan>? lagged, CancellationToken stop)
    {
        var given = TakeGiven(out var since);
        if (given.Count == 0)
            return;
        try
        {
            var seen = atOnce is null ? NamesLook.Nothing : await Task.Run(() => Charged(_atOnce, () => atOnce(given, stop)), stop);
            TakeIn(seen);
            var there = seen.Findings.Select(FindingWords.PathOf).ToHashSet();
            LookLater(there);
            Look([.. given.Except(seen.Names)]);
            if (seen.Names.Count == 0)
                return;
            await deliver(seen);
            lagged?.Invoke(Stopwatch.GetElapsedTime(since));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            failed(e);
            Look(given);
        }
    }

    private async Task LookWhetherThereAsync(
        Func<IReadOnlyCollection<FilePath>, CancellationToken, IReadOnlyCollection<FilePath>>? existing, Action<Exception> failed, CancellationToken stop)
    {
        List<FilePath> names;
        lock (_gate)
        {
            if (_checksAt > clock.GetUtcNow())
                return;
            names = [.. _checks];
            _checks.Clear();
            _checksAt = DateTimeOffset.MaxValue;
        }
        await LookAtThoseAsync(() => existing is null ? names : existing(names, stop), names, failed, stop);
    }

    private async Task ListAsync(
        Func<IReadOnlyCollection<ChangedDirectory>, CancellationToken, IReadOnlyCollection<FilePath>>? list, Action<Exception> failed, CancellationToken stop)
    {
        List<ChangedDirectory> directories;
        lock (_gate)
        {
            directories = [.. _listings];
            _listings.Clear();
        }
        if (directories.Count > 0 && list is not null)
            await LookAtThoseAsync(() => list(directories, stop), [], failed, stop);
    }

    /// <param name="otherwise">Looked at when they cannot be found out.</param>
    private async Task LookAtThoseAsync(Func<IReadOnlyCollection<FilePath>> find, IReadOnlyCollection<FilePath> otherwise, Action<Exception> failed, CancellationToken stop)
    {
        try
        {
            var names = await Task.Run(() => Charged(_atOnce, find), stop);
            lock (_gate)
                names = [.. names.Where(n => !_given.ContainsKey(n))];
            if (names.Count > 0)
                Look(names);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            failed(e);
            Look(otherwise);
            lock (_gate)
                Lose("names could not be listed");
        }
    }
}

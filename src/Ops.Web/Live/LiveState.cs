using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Ops.Web.Live;

/// <summary>Current findings of all hosts: agents' sessions write, pages read and follow.</summary>
/// <remarks>
/// Every change makes a new immutable <see cref="LiveView"/>. There is no queue per subscriber: a page that falls behind finds the latest view when it
/// comes back, so a slow browser loses frames, not the server's memory. All members may be called from any thread.
/// </remarks>
public sealed class LiveState(TimeProvider clock)
{
    /// <summary>Least time between two views handed to one subscriber.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How many of the latest changes are kept.</summary>
    public const int RecentChangesKept = 200;

    private static readonly string Held = Words.Of(VerdictWord.Held);

    private readonly Lock _writing = new();
    private volatile LiveView _current = new(0, HostTable.Empty, [], []);
    private long _lastChange; // under _writing
    private readonly GoneFindings _gone = new();
    private volatile TaskCompletionSource _changed = NewSignal();

    public LiveView Current => _current;

    /// <summary>What a finding was when it was last seen; null if it is there now, was never there, or went too long ago.</summary>
    public GoneFinding? LastSeen(string hostId, string key) => _current.Find(hostId, key) is null ? _gone.Find(hostId, key) : null;

    /// <summary>The view now, and every newer one, at most ten a second. Nothing to dispose: cancel <paramref name="stop"/> or stop reading.</summary>
    public StateSubscription<LiveView> Subscribe(CancellationToken stop = default)
    {
        var initial = _current;
        return new(initial, ChangesAfter(initial, stop));
    }

    private async IAsyncEnumerable<LiveView> ChangesAfter(
        LiveView seen, CancellationToken subscription, [EnumeratorCancellation] CancellationToken enumeration = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(subscription, enumeration);
        while (true)
        {
            var signal = _changed; // taken before the look at the state: a change in between completes this very signal
            var latest = _current;
            if (latest.Version == seen.Version)
            {
                await signal.Task.WaitAsync(either.Token);
                continue;
            }
            yield return seen = latest;
            await Task.Delay(LeastInterval, clock, either.Token);
        }
    }

    /// <summary>Adds or takes away a sentence that every page shows loudly.</summary>
    internal void SetAlert(string sentence, bool on) => Publish(view =>
        view.Stated.Contains(sentence) == on ? null : Next(view, alerts: on ? [.. view.Stated, sentence] : [.. view.Stated.Where(a => a != sentence)]));

    internal void SetStatus(HostStatus status) => Introduce(_ => status);

    /// <summary>Sets a status that depends on the other hosts, which do not change in between.</summary>
    internal HostStatus Introduce(Func<LiveView, HostStatus> make)
    {
        HostStatus status = null!;
        Publish(view =>
        {
            status = make(view);
            return Next(view, host: view.Host(status.HostId)?.With(status) ?? new HostView(status, FindingTable.Empty, isComplete: false));
        });
        return status;
    }

    internal void ChangeStatus(string hostId, Func<HostStatus, HostStatus> change) => Publish(view =>
        view.Host(hostId) is { } host && change(host.Status) is var changed && changed != host.Status ? Next(view, host: host.With(changed)) : null);

    /// <summary>Forgets a host and its findings.</summary>
    internal void Remove(string hostId) => Publish(view =>
    {
        if (view.Host(hostId) is null)
            return null;
        _gone.Remove(hostId);
        return new(view.Version + 1, view.Table.Without(hostId), view.RecentChanges, view.Stated);
    });

    /// <summary>Puts a whole snapshot in the place of what was known about a host.</summary>
    internal void Replace(string hostId, IEnumerable<Finding> findings, Func<HostStatus, HostStatus> change) => Publish(view =>
    {
        if (view.Host(hostId) is not { } host)
            return null;
        var after = FindingTable.Of(findings.Select(f => new LiveFinding(hostId, f)));
        // The first snapshot of a host is no news; a later one shows what was missed.
        var changes = host.IsComplete ? Differences(host, after, host.Findings.Items.Concat(after.Items).Select(f => f.Key).Distinct()) : [];
        return Next(view, new HostView(change(host.Status), after, isComplete: true), changes);
    });

    internal void Apply(string hostId, IReadOnlyList<Finding> openedOrChanged, IReadOnlyList<string> closed, Func<HostStatus, HostStatus> change) => Publish(view =>
    {
        if (view.Host(hostId) is not { } host)
            return null;
        var after = host.Findings.With(openedOrChanged.Select(f => new LiveFinding(hostId, f)), closed);
        var changes = Differences(host, after, closed.Concat(openedOrChanged.Select(f => f.Key)).Distinct());
        return Next(view, new HostView(change(host.Status), after, host.IsComplete), changes);
    });

    private List<FindingChange> Differences(HostView host, FindingTable after, IEnumerable<string> keys)
    {
        var at = clock.GetUtcNow();
        List<FindingChange> changes = [];
        foreach (var key in keys)
        {
            LiveFinding? was = host.Find(key), now = after.Find(key);
            if ((now ?? was)?.Finding is not { } either)
                continue;
            Finding? old = was?.Finding, current = now?.Finding;
            var isEveryday = IsEveryday(either.Kind, old?.Verdict, current?.Verdict);
            if (was is not null && now is null)
                _gone.Add(new(was, at), isEveryday);
            if (old?.Verdict == current?.Verdict || isEveryday)
                continue;
            changes.Add(new(host.Status.HostId, host.Status.HostName, key, either.Path, either.Kind, either.System, old?.Verdict, current?.Verdict, at, ++_lastChange));
        }
        return changes;
    }

    // A kernel lock that is taken and released as it should be is no news: a busy host has thousands a second, and what matters would be gone among them.
    private static bool IsEveryday(string kind, string? from, string? to) =>
        kind == Words.Of(ArtefactKind.KernelLock) && (from ?? Held) == Held && (to ?? Held) == Held;

    private static LiveView Next(
        LiveView view, HostView? host = null, List<FindingChange>? changes = null, ImmutableArray<string>? alerts = null)
    {
        IReadOnlyList<FindingChange> recent = changes is null or [] ? view.RecentChanges : [.. Enumerable.Reverse(changes).Concat(view.RecentChanges).Take(RecentChangesKept)];
        return new(view.Version + 1, host is null ? view.Table : view.Table.With(host), recent, alerts ?? view.Stated);
    }

    private void Publish(Func<LiveView, LiveView?> change)
    {
        TaskCompletionSource signal;
        lock (_writing)
        {
            if (change(_current) is not { } next)
                return;
            _current = next;
            signal = Interlocked.Exchange(ref _changed, NewSignal());
        }
        signal.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

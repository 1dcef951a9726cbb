using System.Collections.Concurrent;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts.Operations;

/// <summary>One operation at one moment; never changes.</summary>
/// <param name="State"><see cref="OperationState.Intent"/> while the agent is at work.</param>
/// <param name="Sentence">What the operator should know now.</param>
/// <param name="Steps">The latest report of each step, by number.</param>
/// <param name="Result">Null until the agent has answered.</param>
public sealed record OperationView(
    Guid Id, string HostId, string HostName, string Action, string Path, string Actor, string Reason, OperationState State, string Sentence,
    IReadOnlyList<OperationProgress> Steps, OperationResult? Result, DateTimeOffset AskedAt)
{
    /// <summary>The agent no longer works on it, or that is unknown. After <see cref="OperationState.Unknown"/> another state may come, when the agent is back.</summary>
    public bool IsOver => State != OperationState.Intent;
}

/// <summary>The operations that this console started since its own start, running or over; pages follow them here.</summary>
/// <remarks>An operation belongs to the console, not to the page: closing the page does not stop it.</remarks>
public sealed class OperationBoard
{
    /// <summary>Over ones beyond this number are forgotten, oldest first; the database has them.</summary>
    public const int Kept = 500;

    private readonly ConcurrentDictionary<Guid, LiveValue<OperationView>> _slots = new();

    /// <summary>An operation is over, from any thread; handlers must be quick.</summary>
    public event Action<OperationView>? Ended;

    public OperationView? Find(Guid id) => _slots.GetValueOrDefault(id)?.Current;

    /// <summary>The state now and every later one; null when this operation is not known here. Ends after a state that is final.</summary>
    public StateSubscription<OperationView>? Follow(Guid id, CancellationToken stop = default) =>
        _slots.GetValueOrDefault(id)?.Follow(static v => v.IsOver && v.State != OperationState.Unknown, stop);

    internal IEnumerable<OperationView> All => _slots.Values.Select(s => s.Current);

    internal void Add(OperationView view)
    {
        _slots.TryAdd(view.Id, new LiveValue<OperationView>(view));
        if (_slots.Count <= Kept)
            return;
        foreach (var old in All.Where(v => v.IsOver && v.State != OperationState.Unknown).OrderBy(v => v.AskedAt).Take(_slots.Count - Kept).ToList())
            _slots.TryRemove(old.Id, out _);
    }

    internal void Update(Guid id, Func<OperationView, OperationView> change)
    {
        if (_slots.GetValueOrDefault(id) is not { } slot)
            return;
        slot.Update(change);
        if (slot.Current is { IsOver: true } over)
            Ended?.Invoke(over);
    }
}

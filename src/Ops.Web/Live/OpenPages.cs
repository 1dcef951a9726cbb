using System.Collections.Concurrent;

namespace Ops.Web.Live;

/// <summary>The pages that are open at this console, by the session in which they were opened, so that the end of a session ends them at once. Singleton.</summary>
public sealed class OpenPages(TimeProvider clock)
{
    // So long may a page take to leave by itself, which shows its user where to sign in. After that its connection is cut.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Entry, bool> _open = new();

    /// <summary>Those with an open page, each once.</summary>
    public IReadOnlyCollection<Guid> Sessions => [.. _open.Keys.Select(e => e.Session).Distinct()];

    /// <summary>A page that can leave by itself, until it is disposed.</summary>
    public IDisposable Follow(Guid session, Action leave) => Add(new(this, session, leave, isConnection: false));

    /// <summary>A connection that can be cut, until it is disposed.</summary>
    public IDisposable Connect(Guid session, Action cut) => Add(new(this, session, cut, isConnection: true));

    /// <summary>Ends the pages of these sessions: within moments those that can, the others two seconds later.</summary>
    public void End(IReadOnlyCollection<Guid> sessions)
    {
        var open = _open.Keys.Where(e => sessions.Contains(e.Session)).ToList();
        foreach (var page in open.Where(e => !e.IsConnection))
            page.Act();
        if (open.Any(e => e.IsConnection))
            _ = CutAsync(sessions);
    }

    private Entry Add(Entry entry)
    {
        _open[entry] = true;
        return entry;
    }

    private async Task CutAsync(IReadOnlyCollection<Guid> sessions)
    {
        await Task.Delay(Grace, clock);
        foreach (var connection in _open.Keys.Where(e => e.IsConnection && sessions.Contains(e.Session)).ToList())
            connection.Act();
    }

    private sealed class Entry(OpenPages pages, Guid session, Action act, bool isConnection) : IDisposable
    {
        public Guid Session => session;

        public bool IsConnection => isConnection;

        public void Act() => act();

        public void Dispose() => pages._open.TryRemove(this, out _);
    }
}

using System.Collections.Concurrent;

namespace Ops.Web.Live;

/// <summary>A finding that no longer exists, as it was last seen.</summary>
/// <param name="At">When the console heard that it no longer exists, by the console's clock.</param>
public sealed record GoneFinding(LiveFinding Last, DateTimeOffset At);

/// <summary>The latest findings that are no more: who looked at a row, or reads that it is gone, can still open what it was.</summary>
/// <remarks>
/// Kept in two lots with a limit each: kernel locks that are taken and released as they should be go by the thousand a second on a busy host, and must not
/// push out what matters. One thread at a time writes; any may read.
/// </remarks>
internal sealed class GoneFindings
{
    /// <summary>How many of each lot are kept, of all hosts together; with its evidence one takes a few kilobytes.</summary>
    public const int Kept = 1000;

    // A finding of an honest agent takes a few kilobytes; kept by the thousand, those of another would take gigabytes.
    private const long LargestBytes = 64_000;

    private readonly FindingBytes _bytes = new();

    private readonly Lot _news = new(), _everyday = new();

    public GoneFinding? Find(string hostId, string key) => _news.Find((hostId, key)) ?? _everyday.Find((hostId, key));

    public void Add(GoneFinding gone, bool isEveryday)
    {
        var id = (gone.Last.HostId, gone.Last.Key);
        if (_bytes.Of(gone.Last.Finding) > LargestBytes)
        {
            _news.Remove(id);
            _everyday.Remove(id);
            return;
        }
        // It may have come back and gone again as something else.
        (isEveryday ? _news : _everyday).Remove(id);
        (isEveryday ? _everyday : _news).Put(id, gone);
    }

    /// <summary>Forgets what was on a host.</summary>
    public void Remove(string hostId)
    {
        _news.RemoveHost(hostId);
        _everyday.RemoveHost(hostId);
    }

    private sealed class Lot
    {
        private readonly ConcurrentDictionary<(string HostId, string Key), GoneFinding> _byId = new();

        // Oldest first. What was put again, or removed, is still named by an entry that is not the one kept any more.
        private readonly Queue<GoneFinding> _order = new();

        public GoneFinding? Find((string, string) id) => _byId.GetValueOrDefault(id);

        public void Put((string, string) id, GoneFinding gone)
        {
            _byId[id] = gone;
            _order.Enqueue(gone);
            while (_order.Count > Kept)
            {
                var oldest = _order.Dequeue();
                _byId.TryRemove(new((oldest.Last.HostId, oldest.Last.Key), oldest));
            }
        }

        public void Remove((string, string) id) => _byId.TryRemove(id, out _);

        public void RemoveHost(string hostId)
        {
            foreach (var (id, _) in _byId)
            {
                if (id.HostId == hostId)
                    Remove(id);
            }
        }
    }
}

using System.Diagnostics;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// The names of locks and leftovers in the stores: those that the last walk found, with what events gave and took since. With it a look needs no walk. A name in it need not
/// exist: each look drops what is gone. May be used from several threads.
/// </summary>
/// <remarks>It is complete from the end of a walk until events are lost, and only for the roots that events cover. Bounded: with more names than that it is not complete, and
/// every look is a walk.</remarks>
public sealed class CandidateBook(int limit = CandidateBook.DefaultLimit)
{
    public const int DefaultLimit = 200_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<FilePath, long> _names = [];
    private Func<FilePath, bool> _covers = static _ => false;
    private long _brokenAt = long.MinValue;
    private bool _isFilled;

    /// <summary>Whether the names in it are all that a walk through this root would find now.</summary>
    public bool IsCompleteFor(FilePath root)
    {
        lock (_gate)
            return _isFilled && _covers(root);
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _names.Count;
        }
    }

    /// <summary>From now on events say what changes.</summary>
    /// <param name="covers">Whether they do so in every place of a root; asked again and again.</param>
    public void Follow(Func<FilePath, bool> covers)
    {
        lock (_gate)
        {
            _covers = covers;
            Break();
        }
    }

    /// <summary>Takes in what events gave, took and lost.</summary>
    public void Take(StoreChanges changes)
    {
        lock (_gate)
        {
            if (changes.Lost is not null)
                Break();
            var now = Stopwatch.GetTimestamp();
            foreach (var name in changes.Names)
            {
                if (changes.Removed.Contains(name))
                    _names.Remove(name);
                else
                    Add(name, now);
            }
        }
    }

    /// <summary>A name that was found to be there by other means than an event.</summary>
    public void Add(FilePath name)
    {
        lock (_gate)
            Add(name, Stopwatch.GetTimestamp());
    }

    /// <summary>Takes in what a walk of all stores found. Names that events took since it began may come back: the next look drops them.</summary>
    /// <param name="began">When the walk began, by <see cref="Stopwatch"/>.</param>
    public void Fill(IReadOnlyCollection<FilePath> found, long began)
    {
        lock (_gate)
        {
            var there = found.ToHashSet();
            foreach (var (name, at) in _names.ToList())
            {
                if (at < began && !there.Contains(name))
                    _names.Remove(name);
            }
            _isFilled = _brokenAt < began;
            foreach (var name in there)
                Add(name, began);
        }
    }

    /// <summary>Nothing was at this name.</summary>
    /// <param name="seen">When that was looked at, by <see cref="Stopwatch"/>: a name that an event gave since stays.</param>
    public void Drop(FilePath name, long seen)
    {
        lock (_gate)
        {
            if (_names.TryGetValue(name, out var at) && at <= seen)
                _names.Remove(name);
        }
    }

    public bool Contains(FilePath name)
    {
        lock (_gate)
            return _names.ContainsKey(name);
    }

    public List<FilePath> Names()
    {
        lock (_gate)
            return [.. _names.Keys];
    }

    /// <summary>Those in or below a directory, by its path.</summary>
    public List<FilePath> Below(FilePath directory)
    {
        lock (_gate)
            return [.. _names.Keys.Where(n => n.IsAtOrBelow(directory))];
    }

    private void Add(FilePath name, long at)
    {
        if (_names.Count >= limit && !_names.ContainsKey(name))
            Break();
        else
            _names[name] = at;
    }

    private void Break() => (_isFilled, _brokenAt) = (false, Stopwatch.GetTimestamp());
}

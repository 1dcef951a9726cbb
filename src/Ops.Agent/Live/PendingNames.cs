using Ops.Locks;

namespace Ops.Agent;

/// <summary>Names that wait for a look. Bounded in all and for each directory, and handed out by turns, so that one who changes names without end delays those of others by one
/// look at most. Not for several threads.</summary>
internal sealed class PendingNames
{
    public const int Limit = 10_000;
    public const int LimitOfDirectory = 2_000;

    /// <summary>How many names one look takes.</summary>
    public const int LimitOfLook = 512;
    private const int LimitOfTurn = 64;

    private readonly Dictionary<FilePath, HashSet<FilePath>> _names = [];
    private readonly Queue<FilePath> _turns = [];

    public int Count { get; private set; }

    /// <returns>False when there is no room for it.</returns>
    public bool Add(FilePath name)
    {
        var directory = name.Parent;
        if (!_names.TryGetValue(directory, out var ofDirectory))
        {
            if (Count >= Limit)
                return false;
            _names.Add(directory, ofDirectory = []);
            _turns.Enqueue(directory);
        }
        if (ofDirectory.Contains(name))
            return true;
        if (Count >= Limit || ofDirectory.Count >= LimitOfDirectory)
            return false;
        ofDirectory.Add(name);
        Count++;
        return true;
    }

    /// <summary>The names of the next look.</summary>
    public List<FilePath> Take()
    {
        List<FilePath> taken = [];
        while (taken.Count < LimitOfLook && _turns.TryDequeue(out var directory))
        {
            var ofDirectory = _names[directory];
            List<FilePath> turn = [.. ofDirectory.Take(Math.Min(LimitOfTurn, LimitOfLook - taken.Count))];
            taken.AddRange(turn);
            ofDirectory.ExceptWith(turn);
            if (ofDirectory.Count == 0)
                _names.Remove(directory);
            else
                _turns.Enqueue(directory);
        }
        Count -= taken.Count;
        return taken;
    }
}

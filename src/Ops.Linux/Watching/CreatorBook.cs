using Ops.Locks;

namespace Ops.Linux;

/// <summary>Who gave which file its name, kept as long as the file has it, also after the death of that process. Bounded for each user, so that one who makes names without
/// end pushes out only their own. May be used from several threads.</summary>
public sealed class CreatorBook(int limitOfUser = CreatorBook.LimitOfUser, int limit = CreatorBook.LimitOfAll)
{
    public const int LimitOfUser = 2_000;
    public const int LimitOfAll = 20_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<FilePath, Entry> _entries = [];
    private readonly Dictionary<uint, LinkedList<FilePath>> _oldestFirst = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>The creator of exactly this file under exactly this name; null when it was not seen.</summary>
    public Creator? Of(FileFacts file)
    {
        lock (_gate)
            return _entries.TryGetValue(file.Path, out var entry) && entry.File == file.Identity && entry.BornAt == file.BornAt ? entry.Creator : null;
    }

    internal void Note(FilePath path, FileIdentity file, FileTime? bornAt, uint user, Creator creator)
    {
        lock (_gate)
        {
            Remove(path);
            if (!_oldestFirst.TryGetValue(user, out var ofUser))
                _oldestFirst.Add(user, ofUser = new());
            _entries.Add(path, new Entry(file, bornAt, creator, user, ofUser.AddLast(path)));
            if (ofUser.Count > limitOfUser)
                Remove(ofUser.First!.Value);
            if (_entries.Count > limit)
                Remove(_oldestFirst.Values.MaxBy(l => l.Count)!.First!.Value);
        }
    }

    /// <summary>The name is gone, or means another file whose creator is not known.</summary>
    internal void Forget(FilePath path)
    {
        lock (_gate)
            Remove(path);
    }

    /// <summary>Events were lost: a name may mean another file with the same number, or may have been given again.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _oldestFirst.Clear();
        }
    }

    private void Remove(FilePath path)
    {
        if (!_entries.Remove(path, out var entry))
            return;
        var ofUser = _oldestFirst[entry.User];
        ofUser.Remove(entry.Place);
        if (ofUser.Count == 0)
            _oldestFirst.Remove(entry.User);
    }

    private sealed record Entry(FileIdentity File, FileTime? BornAt, Creator Creator, uint User, LinkedListNode<FilePath> Place);
}

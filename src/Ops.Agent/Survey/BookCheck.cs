using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>One walk through the stores that compares them with what events gave, in small steps. Not for several threads.</summary>
public interface IBookCheck
{
    /// <summary>One directory more.</summary>
    /// <param name="unknown">Names of locks and leftovers in it that are not known. An event may be on its way still.</param>
    /// <returns>False when the walk is at its end, or means nothing any longer because events were lost.</returns>
    bool Step(out IReadOnlyList<FilePath> unknown);

    /// <summary>Whether a name is still unknown though something is there: no event has come, and none will. It is known from now on.</summary>
    bool IsMissed(FilePath name);

    /// <summary>Whether events were complete up to now, so that a difference means something.</summary>
    bool IsValid { get; }
}

/// <inheritdoc cref="IBookCheck"/>
internal sealed class BookCheck : IBookCheck
{
    private readonly CandidateBook _book;
    private readonly IReadOnlyList<ScanRoot> _roots;
    private readonly NameWalk _walk;

    public BookCheck(CandidateBook book, WatchedStores stores, IReadOnlyList<Mount> mounts)
    {
        (_book, _roots) = (book, stores.Roots);
        _walk = new NameWalk(mounts, stores.Roots, stores.IsCandidate);
        foreach (var root in stores.Roots)
            _walk.Start(root.Path);
    }

    public bool IsValid => _book.IsComplete;

    public bool Step(out IReadOnlyList<FilePath> unknown)
    {
        unknown = [];
        if (!_book.IsComplete || !_walk.Step(out var found))
            return false;
        if (found.Count > 0)
            unknown = [.. found.Where(name => !_book.Contains(name))];
        return true;
    }

    public bool IsMissed(FilePath name)
    {
        if (_book.Contains(name) || !ArtefactReader.Exists(name))
            return false;
        _book.Add(name);
        // What is reached through a symbolic link has its events under its real name.
        return _book.IsComplete && ArtefactReader.CanList(name.Parent);
    }
}

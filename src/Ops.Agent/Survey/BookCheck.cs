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

    /// <param name="roots">Those of which the book is complete.</param>
    public BookCheck(CandidateBook book, IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, IReadOnlyList<Mount> mounts)
    {
        (_book, _roots) = (book, roots);
        _walk = new NameWalk(mounts, roots, isCandidate);
        foreach (var root in roots)
            _walk.Start(root.Path);
    }

    public bool IsValid => _roots.All(r => _book.IsCompleteFor(r.Path));

    public bool Step(out IReadOnlyList<FilePath> unknown)
    {
        unknown = [];
        if (!IsValid || !_walk.Step(out var found))
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
        return IsValid && ArtefactReader.CanList(name.Parent);
    }
}

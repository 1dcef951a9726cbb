using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>How paths of a survey are shown: a file that has no name any more is marked, as the kernel marks it.</summary>
internal sealed class PathsOf(Survey survey)
{
    private readonly HashSet<string> _deleted = [.. survey.Locks.Where(l => l.Entry is { PathState: PathState.Deleted, Path: not null }).Select(l => FindingFactory.KeyOf(l.Entry, l.Party))];

    /// <summary>Safe to print.</summary>
    public string Display(Finding finding) =>
        Terminal.PathOf(finding) is var path && (_deleted.Contains(finding.Key) || finding.Identity is { Nlink: 0 }) && !path.EndsWith(PathText.Deleted, StringComparison.Ordinal)
            ? path + PathText.Deleted : path;
}

using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Living processes that a finding on a file names, with the names of those files. Kept by difference: a change costs the same whether ten findings are known or ten thousand.</summary>
/// <remarks>May be used from several threads.</remarks>
public sealed class OwnerBook
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ProcessIdentity, Dictionary<string, FilePath>> _files = [];
    private readonly Dictionary<ProcessIdentity, bool> _changed = [];

    /// <summary>Names of files that findings call this process the owner of.</summary>
    public IReadOnlyList<FilePath> FilesOf(ProcessIdentity process)
    {
        lock (_gate)
            return _files.TryGetValue(process, out var files) ? [.. files.Values.Distinct()] : [];
    }

    /// <summary>A finding of this key says something else now.</summary>
    /// <param name="before">Null: there was none.</param>
    /// <param name="now">Null: there is none any longer.</param>
    public void Replace(string key, Finding? before, Finding? now)
    {
        var (former, current) = (OwnerIn(before), OwnerIn(now));
        if (former is null && current is null)
            return;
        lock (_gate)
        {
            if (former is { } gone && gone != current && _files.TryGetValue(gone, out var files) && files.Remove(key) && files.Count == 0)
            {
                _files.Remove(gone);
                Note(gone, isOwner: false);
            }
            if (current is { } owner)
            {
                if (!_files.TryGetValue(owner, out files))
                {
                    _files.Add(owner, files = new(StringComparer.Ordinal));
                    Note(owner, isOwner: true);
                }
                files[key] = FindingWords.PathOf(now!);
            }
        }
    }

    /// <summary>Processes that became owners, and that ceased to be, since this was last asked.</summary>
    public (IReadOnlyList<ProcessIdentity> New, IReadOnlyList<ProcessIdentity> Gone) TakeChanges()
    {
        lock (_gate)
        {
            if (_changed.Count == 0)
                return ([], []);
            var (fresh, gone) = (_changed.Where(c => c.Value).Select(c => c.Key).ToList(), _changed.Where(c => !c.Value).Select(c => c.Key).ToList());
            _changed.Clear();
            return (fresh, gone);
        }
    }

    /// <summary>All owners, for one who begins to follow them.</summary>
    public IReadOnlyList<ProcessIdentity> TakeAll()
    {
        lock (_gate)
        {
            _changed.Clear();
            return [.. _files.Keys];
        }
    }

    // One that came and went in between never was one for those who ask.
    private void Note(ProcessIdentity process, bool isOwner)
    {
        if (!_changed.Remove(process))
            _changed.Add(process, isOwner);
    }

    private static ProcessIdentity? OwnerIn(Finding? finding) =>
        finding is { Relation: null, OwnerAlive: true, Process: { } process } ? new ProcessIdentity(process.BootId, process.Pid, process.StartTicks) : null;
}

using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What an explanation that found nothing rests on.</summary>
internal sealed class SubjectSearch(AgentSettings settings, ReaderOptions options, ProcReader processes, WatchedStores stores)
{
    /// <param name="anywhere">For a person on this host, not for a console.</param>
    /// <param name="ofStores">How many findings the last look at the stores had.</param>
    public Search For(ExplainSubject subject, bool anywhere, Survey locks, int ofStores, IEnumerable<BlindSpot> standing)
    {
        var search = new Search(
            subject.Path is { } path ? [.. FilesAbout(path, anywhere)] : [], [.. settings.Roots.Select(r => r.Path.Text)],
            locks.Host.Locks.Entries.Count, locks.Host.Processes.Processes.Count, ofStores, [.. locks.BlindSpots.Concat(standing).Select(b => b.Detail).Distinct()]);
        if (search.Files.Count > 0)
            return search;
        return int.TryParse(subject.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? search with { Pid = pid, Process = processes.ReadProcess(pid) }
            : search with { User = subject.Text, UserExists = Users.Exists(subject.Text) };
    }

    private IEnumerable<SearchedFile> FilesAbout(FilePath path, bool anywhere)
    {
        if (!anywhere && !(path.SaysWhereItLeads && stores.Cover(path)))
            return [new SearchedFile(path, null, null, [], "it is not below a root that this host's policy names")];
        var file = Searched(path);
        var lockFile = Searched(path.Append(".lock"));
        return file.NotLookedAt is not null || path.Name.EndsWith(".lock"u8) ? [file] : [file, lockFile];
    }

    private SearchedFile Searched(FilePath path)
    {
        if (stores.SilenceAt(path) is { } silence)
            return new SearchedFile(path, null, null, [], silence.TrimEnd('.'));
        if (!ArtefactReader.Stat(path).TryGet(out var status, out var error))
            return new SearchedFile(path, null, error == Errno.NotFound ? null : error.ToString(), []);
        var read = new ArtefactReader(new MountReader(options).Read().Mounts).Read(path);
        return new SearchedFile(path, status, null, read.TryGet(out var artefact) ? [.. artefact.Matches.Select(m => m.System.Title).Distinct()] : []);
    }
}

using System.Globalization;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What an explanation that found nothing rests on.</summary>
public sealed partial class HostSurvey
{
    private Search SearchFor(string subject, bool anywhere, Survey locks)
    {
        var search = new Search(
            subject.StartsWith('/') ? [.. FilesAbout(subject, anywhere)] : [], [.. _settings.Roots.Select(r => r.Path.Text)],
            locks.Host.Locks.Entries.Count, locks.Host.Processes.Processes.Count, LastStores().Findings.Count, [.. locks.BlindSpots.Concat(Standing).Select(b => b.Detail).Distinct()]);
        if (search.Files.Count > 0)
            return search;
        return int.TryParse(subject, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? search with { Pid = pid, Process = _reader.Processes.ReadProcess(pid) }
            : search with { User = subject, UserExists = Users.Exists(subject) };
    }

    private IEnumerable<SearchedFile> FilesAbout(string subject, bool anywhere)
    {
        var path = FilePath.FromText(subject);
        if (!anywhere && !(FilePath.FromText(subject).SaysWhereItLeads && StoreRoots.Cover(_settings.Roots, path)))
            return [new SearchedFile(path, null, null, [], "it is not below a root that this host's policy names")];
        var file = Searched(path);
        var lockFile = Searched(FilePath.FromText(subject + ".lock"));
        return file.NotLookedAt is not null || subject.EndsWith(".lock", StringComparison.Ordinal) ? [file] : [file, lockFile];
    }

    private SearchedFile Searched(FilePath path)
    {
        if (SilenceAt(path) is { } silence)
            return new SearchedFile(path, null, null, [], silence.TrimEnd('.'));
        if (!ArtefactReader.Stat(path).TryGet(out var status, out var error))
            return new SearchedFile(path, null, error == Errno.NotFound ? null : error.ToString(), []);
        var read = new ArtefactReader(new MountReader(_readerOptions).Read().Mounts).Read(path);
        return new SearchedFile(path, status, null, read.TryGet(out var artefact) ? [.. artefact.Matches.Select(m => m.System.Title).Distinct()] : []);
    }
}

using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

public sealed partial class HostSurvey
{
    // A search goes through the whole store: what it did not find it does not find a minute later either.
    private static readonly TimeSpan SearchAgain = TimeSpan.FromMinutes(10);
    private Dictionary<FileIdentity, (OtherNames Names, long At)> _otherNames = [];

    /// <summary>Adds the other names of linked files that may hold mail: they say whose message it is.</summary>
    private List<ArtefactFacts> WithOtherNames(List<ArtefactFacts> artefacts, IReadOnlyList<Mount> mounts, CancellationToken stop)
    {
        var linked = artefacts.Where(MayBeAMessage).Select(a => a.File.Identity).ToHashSet();
        if (linked.Count == 0)
            return artefacts;
        Dictionary<FileIdentity, (OtherNames Names, long At)> known;
        lock (_gate)
            known = _otherNames.Where(n => linked.Contains(n.Key) && _clock.GetElapsedTime(n.Value.At) < SearchAgain && n.Value.Names.Paths.All(p => ArtefactReader.Stat(p).TryGet(out var file) && file.Identity == n.Key)).ToDictionary();
        if (linked.Any(f => !known.ContainsKey(f)))
        {
            var at = _clock.GetTimestamp();
            foreach (var (file, names) in new LinkedNameSearch(mounts).Find(_settings.Roots.Where(r => !r.TopLevelOnly).Select(r => r.Path), linked, stop))
                known[file] = (names, at);
        }
        lock (_gate)
            _otherNames = known;
        return artefacts.ConvertAll(a => MayBeAMessage(a) && known.TryGetValue(a.File.Identity, out var names) ? a with { OtherNames = names.Names } : a);
    }

    private static bool MayBeAMessage(ArtefactFacts artefact) =>
        artefact.File is { Kind: FileKind.Regular, LinkCount: > 1 } && artefact.Mount is { IsLocalDisk: true } && artefact.Matches.Any(m => m.Convention is StagingFile { MayHoldMail: true });
}

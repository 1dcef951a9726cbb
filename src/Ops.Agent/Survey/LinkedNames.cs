using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Other names of linked files that may hold mail: they say whose message it is.</summary>
/// <remarks>May be used from several threads.</remarks>
internal sealed class LinkedNames(AgentSettings settings, TimeProvider clock)
{
    // A search goes through the whole store: what it did not find it does not find a minute later either.
    private static readonly TimeSpan SearchAgain = TimeSpan.FromMinutes(10);
    private readonly Lock _gate = new();
    private Dictionary<FileIdentity, (OtherNames Names, long At)> _otherNames = [];

    public List<ArtefactFacts> AddTo(List<ArtefactFacts> artefacts, IReadOnlyList<Mount> mounts, CancellationToken stop)
    {
        var linked = artefacts.Where(MayBeAMessage).Select(a => a.File.Identity).ToHashSet();
        if (linked.Count == 0)
            return artefacts;
        Dictionary<FileIdentity, (OtherNames Names, long At)> known;
        lock (_gate)
            known = _otherNames.Where(n => linked.Contains(n.Key) && clock.GetElapsedTime(n.Value.At) < SearchAgain && n.Value.Names.Paths.All(p => ArtefactReader.Stat(p).TryGet(out var file) && file.Identity == n.Key)).ToDictionary();
        if (linked.Any(f => !known.ContainsKey(f)))
        {
            var at = clock.GetTimestamp();
            foreach (var (file, names) in new LinkedNameSearch(mounts).Find(settings.MailboxRoots, linked, stop))
                known[file] = (names, at);
        }
        lock (_gate)
            _otherNames = known;
        return artefacts.ConvertAll(a => MayBeAMessage(a) && known.TryGetValue(a.File.Identity, out var names) ? a with { OtherNames = names.Names } : a);
    }

    private static bool MayBeAMessage(ArtefactFacts artefact) =>
        artefact.File is { Kind: FileKind.Regular, LinkCount: > 1 } && artefact.Mount is { IsLocalDisk: true } && artefact.Matches.Any(m => m.Convention is StagingFile { MayHoldMail: true });
}

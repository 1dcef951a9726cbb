namespace Ops.Locks;

/// <summary>
/// The numbers by which an artefact may name its owner, in every reading of its text, its name and its other names: the kernel is asked for each before
/// the artefact is judged, since a number that is in no listing of processes may be a thread's.
/// </summary>
public static class ClaimedNumbers
{
    public static IReadOnlySet<int> Of(IEnumerable<ArtefactFacts> artefacts) => artefacts.SelectMany(Of).Where(n => n > 0).ToHashSet();

    private static IEnumerable<int> Of(ArtefactFacts artefact) =>
        artefact.Matches.Concat(artefact.Twins.SelectMany(t => t.Matches)).SelectMany(m => Claims(m, artefact)).Select(c => c.Pid)
            .Concat((artefact.Guards ?? []).Select(g => g.Lock).OfType<ArtefactFacts>().SelectMany(Of));

    private static IEnumerable<OwnerClaim> Claims(ConventionMatch match, ArtefactFacts artefact) => match.Convention switch
    {
        DotLock dotLock => dotLock.ReadHolder(artefact.File.Content) is { } claim ? [claim] : [],
        LinkLock link => link.TextOf(artefact.File) is { } text ? link.ReadLink(text) : [],
        PidFile pidFile => pidFile.ReadHolder(artefact.File.Content) is { } claim ? [claim] : [],
        StagingFile staging => staging.ReadName(match.Match, artefact.Directory.Path.NameLatin1),
        _ => [],
    };
}

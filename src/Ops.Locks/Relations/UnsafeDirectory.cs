namespace Ops.Locks;

/// <summary>Directories with locks or leftovers in which strangers can swap names, and locks that block their users permanently: the place is at fault, not a file.</summary>
/// <remarks>Secure Programming HOWTO, "Locking" and "Avoid Race Conditions"; libguestfs <c>lib/appliance.c</c>, which refuses a foreign or writable cache directory.</remarks>
public static class UnsafeDirectory
{
    public static IEnumerable<Relation> Find(IReadOnlyList<JudgedArtefact> artefacts, HostFacts host)
    {
        foreach (var group in artefacts.Where(a => a.Artefact.Directory.ReachedThrough is null).GroupBy(a => a.Artefact.Directory.Path))
        {
            var directory = group.First().Artefact.Directory;
            var evidence = new EvidenceList(host.Now);
            if (directory.IsOpenToAnyone)
            {
                evidence.Add(Questions.SafeDirectory, Answer.No, "statx",
                    $"mode {Convert.ToString(directory.Mode, 8)}: any user can remove, rename or replace any name in it; run chmod +t, or remove the write bit for others", blocks: true);
            }

            var linked = group.FirstOrDefault(a => a.Artefact.Matches.Any(m => m.Convention is StagingFile { PrivateDirectory: true }));
            if (linked is not null && (directory.Mode & 0x12) != 0 && !directory.IsOpenToAnyone)
                evidence.Add(Questions.SafeDirectory, Answer.No, "statx", $"mode {Convert.ToString(directory.Mode, 8)}: its program refuses a directory that group or others can write to", blocks: true);
            if (linked is not null && RequiredUid(linked, directory) is { } uid && uid != directory.Uid)
                evidence.Add(Questions.ExpectedOwner, Answer.No, "statx", $"its name says uid {uid}, but it belongs to uid {directory.Uid}: its program would use files that a stranger made", blocks: true);
            // In a sticky directory only the owner can remove a lock: one that root left there blocks the user's own programs for good.
            var stuck = (directory.Mode & 0x202) == 0x202
                ? group.Where(a => a.Artefact is { File.Uid: 0, Subject: { Uid: > 0 } } && a.Verdict.Kind == ArtefactKind.DotLock && a.Verdict.Word != VerdictWord.Held).Select(a => a.Artefact).ToList()
                : [];
            foreach (var artefact in stuck.Take(4))
            {
                evidence.Add(Questions.ExpectedOwner, Answer.No, "statx",
                    $"{artefact.File.Path.Display} belongs to root in a sticky directory: uid {artefact.Subject!.Uid}, whose mailbox it blocks, cannot remove it", blocks: true);
            }

            if (evidence.FirstBlock is not { } first)
                continue;
            var summary = first.Question == Questions.SafeDirectory ? $"Names in this directory are not safe: {first.Detail}." : $"{Capital(first.Detail)}.";
            yield return new Relation(RelationKind.UnsafeDirectory, directory.Path, null,
                new Verdict(VerdictWord.Refused, ArtefactKind.Directory, summary, "unknown", [], Owner.Unknown, evidence.ToList(), []), "directory", []);
        }
    }

    private static uint? RequiredUid(JudgedArtefact judged, DirectoryFacts directory) => judged.Artefact.Matches
        .Select(m => m.Convention is StagingFile staging ? staging.RequiredUid(directory.Path.NameLatin1) : null).FirstOrDefault(u => u is not null);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

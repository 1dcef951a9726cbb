namespace Ops.Locks;

/// <summary>Another name of the same inode.</summary>
/// <param name="Matches">Conventions that fit that name: a hitching post's names the owner of the lock it is linked to.</param>
public sealed record Twin(FilePath Path, IReadOnlyList<ConventionMatch> Matches);

/// <summary>A file that some convention may have written, with everything on disk that bears on it.</summary>
/// <param name="Matches">Every convention whose name and place fit, in the order of <see cref="MailSystems.All"/>.</param>
/// <param name="Twins">Other names of the same inode that the scan saw; a link count above 1 + this count means unseen names.</param>
/// <param name="Subject">What a dot lock protects: the file to which the name without the suffix leads, by its real path. Null when there is none; where <see cref="ArtefactFacts.Route"/> is unsafe,
/// the link at which the way ends, if any.</param>
/// <param name="Contents">For a directory that is itself a leftover: what is directly inside; null for anything else.</param>
/// <param name="Guards">For temporary files that only the holder of a lock by existence writes (<see cref="StagingFile.Guard"/>): a look at that lock.</param>
/// <param name="Siblings">Hitching posts and temporary names in the same directory that belong to this lock name.</param>
/// <param name="StandIns">For a dot lock without <paramref name="Subject"/>: files in the same directory that may be the mailbox, caught between two renames.</param>
public sealed record ArtefactFacts(
    FileFacts File,
    DirectoryFacts Directory,
    Mount? Mount,
    IReadOnlyList<ConventionMatch> Matches,
    IReadOnlyList<Twin> Twins,
    FileFacts? Subject,
    IReadOnlyList<FileFacts> Siblings,
    IReadOnlyList<FileFacts>? Contents = null,
    IReadOnlyList<GuardLook>? Guards = null,
    IReadOnlyList<FileFacts>? StandIns = null)
{
    /// <summary>How the name of <see cref="Subject"/> leads to it; null when it simply is that name.</summary>
    public MailboxRoute? Route { get; init; }

    /// <summary>Who gave this file this name, where the kernel reported it while it was watched; null otherwise.</summary>
    public Creator? Creator { get; init; }

    /// <summary>What the lock protects where that is not one file of its own name (<see cref="DotLock.Protects"/>): databases or an index in the same directory.</summary>
    public IReadOnlyList<FileFacts> Neighbours { get; init; } = [];

    /// <summary>For a linked file that may hold mail: what a search for its other names found; null when none was made.</summary>
    public OtherNames? OtherNames { get; init; }

    /// <summary>Where the lock is that its programs hold while they make such names; null when its convention has none.</summary>
    public FilePath? FamilyLock => ConventionMatcher.Fitting(Matches, File).Select(m => m.Convention).OfType<StagingFile>().FirstOrDefault(s => s.FamilyLock is not null) is { } staging
        ? File.Path.Parent.Join(staging.FamilyLock!)
        : null;
}

/// <summary>A look at the lock that guards a temporary file.</summary>
/// <param name="Lock">Null when nothing is at its name, or when that could not be determined.</param>
/// <param name="Unread">Why it could not be determined; null when it was.</param>
public sealed record GuardLook(FilePath Path, ArtefactFacts? Lock, string? Unread);

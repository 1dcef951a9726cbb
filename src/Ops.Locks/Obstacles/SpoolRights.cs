namespace Ops.Locks;

/// <summary>A spool directory of mailboxes of several accounts, in which only its owner can make names: no dot lock, and no new mailbox, by a program that runs as anything else.</summary>
/// <remarks>Debian Policy 11.6 (<c>/var/mail</c>: mode 2775 root:mail); c-client <c>docs/locking.txt</c> (1777); Exim and liblockfile run with group mail for this.</remarks>
public static class SpoolRights
{
    private const uint OthersWrite = 0x12;

    /// <param name="owners">Uids of the mailboxes directly in it.</param>
    public static Relation? Judge(DirectoryFacts directory, IReadOnlyCollection<uint> owners, DateTimeOffset now)
    {
        var strangers = owners.Count(uid => uid != directory.Uid);
        if ((directory.Mode & OthersWrite) != 0 || strangers == 0)
            return null;
        var evidence = new EvidenceList(now);
        var detail = $"mode {Obstacle.Octal(directory.Mode)}, uid {directory.Uid}, gid {directory.Gid}: only uid {directory.Uid} can make a name in it, and mailboxes of {strangers} other accounts are there";
        evidence.Add(Questions.SafeDirectory, Answer.No, "statx", detail, blocks: true);
        return Obstacle.Of(directory.Path, null, ArtefactKind.Directory, "spool",
            $"No dot lock can be made in this directory by most programs: {detail}. A program that runs as the recipient or with group mail goes on without its dot lock, or puts the mail off.", evidence);
    }
}

namespace Ops.Locks;

/// <summary>Which file is the mailbox of a dot lock, and can everybody who uses it be seen from here?</summary>
internal static class MailboxPlace
{
    /// <summary>Says which file was looked at, and whether that look can prove anything. False when nothing about the mailbox can be asked further.</summary>
    public static bool AddTo(ArtefactFacts artefact, HostFacts host, EvidenceList evidence)
    {
        if (artefact.Route is { Unsafe: { } why } route)
        {
            evidence.Add(Questions.MailboxFound, Answer.Unknown, "readlink, statx", $"{(route.Links.Count == 0 ? "" : route.Display + "; ")}{why}: who uses the mailbox is unknown", blocks: true);
            return false;
        }
        if (artefact.Subject is not { } mailbox)
            return true;
        var isMail = mailbox.Kind is FileKind.Regular or FileKind.Directory;
        var links = artefact.Route is { Links.Count: > 0 } followed ? followed.Display + ": " : "";
        var names = mailbox is { Kind: FileKind.Regular, LinkCount: > 1 } ? $"; it has {mailbox.LinkCount} names, and is looked for under all of them" : "";
        evidence.Add(Questions.MailboxFound, isMail ? Answer.Yes : Answer.No, "statx",
            $"{links}the mailbox is {mailbox.Path.Display}, {(isMail ? $"inode {mailbox.Identity}{names}" : $"a {ArtefactClassifier.Words(mailbox.Kind)}: no program keeps mail in one")}", blocks: !isMail);
        AddLocality(artefact, mailbox, host, evidence);
        if (host.LayerOver(mailbox.Path) is { } layer)
            evidence.Add(Questions.LocalFileSystem, Answer.Unknown, "/proc/PID/mountinfo", Words(layer, "the mailbox"), blocks: true);
        return true;
    }

    public static string Words(OverlayLayer layer, string what) =>
        $"{what} is in {layer.Directory.Display}, a layer of the overlay at {layer.MountPoint.Display} (mount table of pid {layer.Pid}): who has it open there cannot be recognised here";

    /// <summary>What the evidence calls the mailbox: with its path where that is not the lock's name without its ending.</summary>
    public static string Words(ArtefactFacts artefact) =>
        artefact is { Route.Links.Count: > 0, Subject: { } mailbox } ? $"the mailbox {mailbox.Path.Display}" : "the mailbox";

    // A link, or a mount on the very name, leads to another file system than the lock's.
    private static void AddLocality(ArtefactFacts artefact, FileFacts mailbox, HostFacts host, EvidenceList evidence)
    {
        if (artefact.Mount is { } own && mailbox.MountId == (ulong)own.Id)
            return;
        if (host.MountOf(mailbox) is not { } mount)
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Unknown, "/proc/self/mountinfo", "the file system of the mailbox was not found in the mount table", blocks: true);
        }
        else if (!mount.IsLocalDisk)
        {
            evidence.Add(Questions.LocalFileSystem, Answer.No, "/proc/self/mountinfo",
                $"the mailbox is on {FilePath.Escape(mount.FileSystem)} from {FilePath.Escape(mount.Source)}, where other hosts may have it open", blocks: true);
        }
        else
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Yes, "/proc/self/mountinfo", $"the mailbox is on {FilePath.Escape(mount.FileSystem)} at {mount.MountPoint.Display}, local");
        }
    }
}

namespace Ops.Locks;

/// <summary>How the name of a mailbox leads to its file. Mail programs open the name and so follow symbolic links: holders are on the inode that is reached.</summary>
/// <param name="Name">The name that the lock stands for.</param>
/// <param name="Links">Symbolic links that were followed, in order; empty for a plain name.</param>
/// <param name="Unsafe">Why the file could not be reached, or not safely: then who is on the mailbox is unknown. Null when it was reached.</param>
public sealed record MailboxRoute(FilePath Name, IReadOnlyList<FollowedLink> Links, string? Unsafe)
{
    /// <summary>The links as a person would write them down.</summary>
    public string Display => string.Join(", ", Links.Select(l => $"{l.Path.Display} is a symbolic link (uid {l.Uid}) to {FilePath.Escape(l.Text)}"));
}

/// <summary>One symbolic link on the way to a mailbox.</summary>
/// <param name="Uid">Its owner, who decides where it leads.</param>
/// <param name="Text">As it is written in the link.</param>
public sealed record FollowedLink(FilePath Path, uint Uid, byte[] Text);

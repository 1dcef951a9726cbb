namespace Ops.Locks;

/// <summary>The directory of an artefact.</summary>
/// <param name="ReachedThrough">The symbolic link by which this path leads there; null when the path is the real one.</param>
/// <param name="RealPath">Where the directory really is, when it was reached through a link.</param>
public sealed record DirectoryFacts(FilePath Path, FileIdentity Identity, uint Mode, uint Uid, uint Gid, FilePath? ReachedThrough = null, FilePath? RealPath = null)
{
    /// <summary>Whether people other than owner and root can rename or replace names of others in it: writable for all without the sticky bit.</summary>
    public bool IsOpenToAnyone => (Mode & 0x2) != 0 && (Mode & 0x200) == 0;
}

namespace Ops.Locks;

/// <summary>A directory whose files an overlay mount shows under names, and with identities, of its own: who opens one there is not seen on the file here.</summary>
/// <param name="Directory">As the options of the mount name it.</param>
/// <param name="MountPoint">Where the overlay is, as the process sees it.</param>
/// <param name="Pid">A process in whose mount namespace it is.</param>
public sealed record OverlayLayer(FilePath Directory, FilePath MountPoint, int Pid);

namespace Ops.Locks;

/// <summary>What kind of file, lock or message something is.</summary>
public enum ArtefactKind
{
    KernelLock,
    DotLock,
    MbxLock,
    LockFile,
    PidFile,
    StagingFile,
    PidLinkedFile,
    TempFile,
    Mailbox,
    Message,

    /// <summary>The directory in which the locks are, when it is at fault itself.</summary>
    Directory,
}

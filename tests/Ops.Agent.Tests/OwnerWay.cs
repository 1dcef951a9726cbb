namespace Ops.Agent.Tests;

/// <summary>One way in which the owner of a lock lives.</summary>
/// <param name="Name">In words.</param>
/// <param name="Owner">Which process it is.</param>
/// <param name="IsNamed">Whether the number in the file is that of the living one; otherwise of one that is gone, and only what is open shows who lives.</param>
/// <param name="Reach">By which name the living one has opened file or mailbox.</param>
internal sealed record OwnerWay(string Name, OwnerKind Owner, bool IsNamed, Reach Reach = Reach.SameName)
{
    /// <summary>Whether the number means nobody else once the owner is dead: the first numbers are the kernel's threads in the namespace of the host.</summary>
    public bool HasControl => Owner is not (OwnerKind.FirstOfPidNamespace or OwnerKind.InPidNamespace);

    public static IReadOnlyList<OwnerWay> All { get; } =
    [
        new("main thread", OwnerKind.Process, IsNamed: true),
        new("another thread", OwnerKind.Thread, IsNamed: true),
        new("stopped", OwnerKind.Stopped, IsNamed: true),
        new("first process of a pid namespace", OwnerKind.FirstOfPidNamespace, IsNamed: true),
        new("pid namespace", OwnerKind.InPidNamespace, IsNamed: true),
        new("child of a dead parent", OwnerKind.ChildOfDead, IsNamed: false),
        new("descriptor passed to another process", OwnerKind.Receiver, IsNamed: false),
        new("mapped only", OwnerKind.Process, IsNamed: false, Reach.Mapping),
        new("opened through a symbolic link", OwnerKind.Process, IsNamed: false, Reach.SymbolicLink),
        new("the mailbox is a symbolic link", OwnerKind.Process, IsNamed: false, Reach.TargetOfLink),
        new("opened through a hard link", OwnerKind.Process, IsNamed: false, Reach.HardLink),
        new("opened through a bind mount", OwnerKind.Process, IsNamed: false, Reach.BindMount),
        new("opened through an overlay above the store", OwnerKind.Process, IsNamed: false, Reach.OverlayOnUpper),
        new("opened through an overlay that reads the store", OwnerKind.Process, IsNamed: false, Reach.OverlayOnLower),
        new("opened below the overlay that the store is", OwnerKind.Process, IsNamed: false, Reach.BelowOverlay),
    ];
}

internal enum OwnerKind
{
    Process,
    Thread,
    Stopped,
    FirstOfPidNamespace,
    InPidNamespace,
    ChildOfDead,
    Receiver,
}

internal enum Reach
{
    SameName,
    Mapping,
    SymbolicLink,
    TargetOfLink,
    HardLink,
    BindMount,
    OverlayOnUpper,
    OverlayOnLower,
    BelowOverlay,
}

namespace Ops.Locks;

/// <summary>Places that several systems share. In a class of its own, so that it is ready before any system is.</summary>
public static class Places
{
    /// <summary>Where programs look for <c>/tmp/.DEV.INO</c>: any <c>/tmp</c> (a unit's private one is called so too) and the root of a jail.</summary>
    public static Place Temporary { get; } = new(Directory: Pattern.Whole("(?:tmp)?"));

    /// <summary>A directory <c>tmp</c> with <c>cur</c> and <c>new</c> next to it.</summary>
    public static Place MaildirTmp { get; } = new(Directory: Pattern.Whole("tmp"), Siblings: ["cur", "new"]);
}

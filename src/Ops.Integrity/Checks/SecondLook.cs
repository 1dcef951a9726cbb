namespace Ops.Integrity;

/// <summary>What a second look says of a suspect.</summary>
public enum SecondAnswer
{
    /// <summary>The same index entry and the same bytes are still at odds: reported.</summary>
    Confirmed,

    /// <summary>No longer at odds: a message was being added, expunged, renamed or removed.</summary>
    Settled,

    /// <summary>At odds again, but index or file changed in between: look once more.</summary>
    Unsteady,
}

/// <summary>Nothing is reported after one look: index and file cannot be read in one instant.</summary>
public static class SecondLook
{
    /// <param name="again">The suspect of the same name and kind in the later look; null when there was none.</param>
    public static SecondAnswer Answer(Suspect first, Suspect? again)
    {
        if (again is null)
            return SecondAnswer.Settled;
        var sameFile = (first.File, again.File) switch
        {
            (null, null) => true,
            ({ } one, { } other) => one.HasSameBytes(other),
            _ => false,
        };
        return sameFile && first.Claim == again.Claim && first.Digest == again.Digest && first.LineSize == again.LineSize && SameFraming(first, again) ? SecondAnswer.Confirmed : SecondAnswer.Unsteady;
    }

    // A program may set the modification time back after it has written into the file; the change time it cannot.
    private static bool SameFraming(Suspect first, Suspect again) => first.Framing is null ? again.Framing is null : first.Framing == again.Framing && first.File?.Changed == again.File?.Changed;
}

namespace Ops.Integrity;

/// <summary>Why bytes could not be read as what they should be.</summary>
public enum FormatFault
{
    /// <summary>The file ends before what its header announces.</summary>
    TooShort,

    /// <summary>It does not begin as this kind of file does.</summary>
    AnotherFormat,

    /// <summary>A version that no known release writes.</summary>
    UnknownVersion,

    /// <summary>Sizes in the header that no release writes.</summary>
    ImpossibleSizes,

    /// <summary>The file's own checksum is wrong: it was being written, or it is damaged.</summary>
    BrokenChecksum,

    /// <summary>Entries are out of order, or a line has not the form of its kind.</summary>
    BrokenEntries,
}

/// <param name="Detail">For people; holds numbers only, never text of the file.</param>
public sealed record FormatRefusal(FormatFault Fault, string Detail);

/// <summary>What a parser made of bytes: the value, or why there is none. Parsers here never throw on any input.</summary>
public sealed record Reading<T>
    where T : class
{
    private Reading(T? value, FormatRefusal? refusal) => (Value, Refusal) = (value, refusal);

    public T? Value { get; }

    public FormatRefusal? Refusal { get; }

    internal static Reading<T> Of(T value) => new(value, null);

    internal static Reading<T> Refused(FormatFault fault, string detail) => new(null, new FormatRefusal(fault, detail));
}

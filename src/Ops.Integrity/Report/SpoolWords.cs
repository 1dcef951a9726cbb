namespace Ops.Integrity;

/// <summary>Sentences about files of many messages. Positions and numbers, never text of the file.</summary>
public static class SpoolWords
{
    /// <summary>Short enough for a cell.</summary>
    public static string InBrief(SpoolFaultKind kind) => kind switch
    {
        SpoolFaultKind.Start => "text before From_",
        SpoolFaultKind.NulRun => "NUL bytes",
        SpoolFaultKind.Cut => "cut",
        SpoolFaultKind.Unclosed => "no end",
        SpoolFaultKind.Between => "text between messages",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static string Sentence(SpoolFault fault) => fault.Kind switch
    {
        SpoolFaultKind.Start => "The file begins with text that belongs to no message: its first line is not a From_ line.",
        SpoolFaultKind.NulRun => FormattableString.Invariant($"{fault.Bytes} NUL bytes in a row from byte {fault.Offset} on: a write that was lost leaves them, and no message has them."),
        SpoolFaultKind.Cut => FormattableString.Invariant($"The file ends within the line that begins at byte {fault.Offset}: a message was cut, and the next delivery would continue that line."),
        SpoolFaultKind.Unclosed => FormattableString.Invariant($"What begins at byte {fault.Offset} has no closing separator before the end of the file."),
        SpoolFaultKind.Between => FormattableString.Invariant($"At byte {fault.Offset} there is text between two messages: a separator is missing before it."),
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };

    /// <summary>What was seen in the files that were read and may be a dialect, by its word in JSON.</summary>
    public static IReadOnlyList<(string Word, long Count, string Label)> Remarks(SpoolRemarks remarks) =>
    [
        .. new (string, long Count, string)[]
        {
            ("plain-from", remarks.PlainFrom, "lines that begin with From in a body, not quoted"),
            ("no-blank-line", remarks.NoBlankLine, "From_ lines without a blank line before them"),
            ("other-length", remarks.OtherLength, "Content-Length that leads to no From_ line"),
            ("blank-start", remarks.BlankStart, "blank lines before the first From_ line"),
            ("cut-header", remarks.CutHeader, "files that end within a header"),
            ("control", remarks.Control, "lines that begin with ^_ within a message"),
            ("binary-nuls", remarks.BinaryNuls, "runs of NUL bytes in binary messages"),
            ("outside", remarks.Outside, "lines between the messages of a Babyl file"),
        }.Where(r => r.Count > 0),
    ];
}

using System.Globalization;

namespace Ops.Integrity;

/// <summary>Sentences about damage. Nothing of a message's content is ever in them.</summary>
public static class DamageWords
{
    /// <summary>The word of the public language.</summary>
    public static string Of(CheckKind kind) => kind switch
    {
        CheckKind.Size => "size",
        CheckKind.Content => "content",
        CheckKind.Missing => "missing",
        CheckKind.Extra => "extra",
        CheckKind.Names => "names",
        CheckKind.Framing => "framing",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static string Of(ReadReason reason) => reason switch
    {
        ReadReason.None => "none",
        ReadReason.Full => "full",
        ReadReason.Staged => "staged",
        ReadReason.SeveralNames => "several-names",
        ReadReason.ChangedLater => "changed-later",
        ReadReason.WrittenLater => "written-later",
        ReadReason.Sample => "sample",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    /// <summary>What the index says, short enough for a cell.</summary>
    public static string Claim(Damage damage) => damage.Suspect switch
    {
        { Kind: CheckKind.Extra } => "no record",
        { Kind: CheckKind.Framing } => $"{damage.System} format",
        { Kind: CheckKind.Size, Claim: { } claim } when damage.System == "sdbox" => Text($"ends at {claim.Size}"),
        { Kind: CheckKind.Content, LineSize: not null, Claim: { } claim } => Text($"W={claim.Size}"),
        { Kind: CheckKind.Content or CheckKind.Names, Claim.Digest: { } guid } => $"sha1 {Short(guid)}",
        { Claim: { Size: { } size } } => Text($"{size} bytes"),
        _ => "",
    };

    /// <summary>What the disk says, short enough for a cell.</summary>
    public static string Disk(Damage damage) => damage.Suspect switch
    {
        { Kind: CheckKind.Missing } => "no file",
        { Framing: { } framing } => Text($"{SpoolWords.InBrief(framing.First.Kind)} at {framing.First.Offset}"),
        { Kind: CheckKind.Content, LineSize: { } counted } => Text($"{counted} counted"),
        { Kind: CheckKind.Content or CheckKind.Names, Digest: { } digest } => $"sha1 {Short(digest)}",
        { File: { } file } => Text($"{file.Size} bytes"),
        _ => "",
    };

    /// <summary>What was seen, one sentence each, the deciding one first.</summary>
    public static IReadOnlyList<string> Evidence(Damage damage)
    {
        var (suspect, claim, file) = (damage.Suspect, damage.Suspect.Claim, damage.Suspect.File);
        var index = damage.System == "maildir" ? claim?.Uid is null ? "the file name" : "the file name or dovecot-uidlist" : damage.System == "sdbox" ? "the trailer of the file" : "cyrus.index";
        List<string> seen =
        [
            suspect switch
            {
                { Framing: { } framing } => SpoolWords.Sentence(framing.First),
                { Kind: CheckKind.Missing } => Text($"In {index}: a record of UID {claim?.Uid} that is not marked as unlinked. There is no file {suspect.Key}."),
                { Kind: CheckKind.Extra } => $"There is a file {FilePath.Escape(suspect.Key)}, and no record of {index} names it.",
                { Kind: CheckKind.Size } when damage.System == "sdbox" => Text($"The file's header says that the message ends at byte {claim?.Size}, and there is no whole trailer behind it. The file has {file?.Size} bytes."),
                { Kind: CheckKind.Size } => Text($"In {index}: {claim?.Size} bytes. In the file: {file?.Size}."),
                { Kind: CheckKind.Content, LineSize: { } lines } => Text($"In {index}: {claim?.Size} bytes with line ends of two bytes. In the file: {lines}."),
                { Kind: CheckKind.Content } => Text($"The size is as {index} says ({file?.Size} bytes), and the SHA-1 of the bytes is {suspect.Digest}, not {claim?.Digest}."),
                _ => Text($"The indexes of {damage.OtherNames.Count + 1} names of one inode contradict each other: here {claim?.Size} bytes, {GuidText(claim?.Digest)}."),
            },
        ];
        if (suspect.Framing is { Count: > 1 } several)
            seen.Add(Text($"It is the first of {several.Count} such places in the file."));
        seen.AddRange(damage.OtherNames.Select(other => OtherName(suspect, other)));
        seen.AddRange(damage.StagedAs.Select(path => $"The staging name {path.Display} is the same inode: what is written there is written into this message."));
        if (file is { LinkCount: > 1 } && damage.OtherNames.Count + damage.StagedAs.Count == 0)
            seen.Add(Text($"The inode has {file.LinkCount} names; the others were not met below the roots."));
        if (file is not null)
            seen.Add(Text($"Modified {Time(file.Modified)}, inode changed {Time(file.Changed)}."));
        seen.Add("A second look saw the same.");
        return seen;
    }

    /// <summary>The next safe step. None of them changes the store.</summary>
    public static string Next(Damage damage) => damage.Suspect.Kind switch
    {
        CheckKind.Missing => "Look for the message on the other replica or in a backup before anything is repaired. reconstruct would take the record away.",
        CheckKind.Framing => "Stop deliveries to this mailbox, copy the file, and compare it with a backup before any program writes it again: a rewrite makes the damage part of a message.",
        CheckKind.Extra => "Compare with the other replica: reconstruct would add it as a new message, and a crashed delivery was sent again.",
        _ when damage.System == "maildir" => "Compare with a backup. If the message is whole, only the name is wrong, and renaming it without S= and W= is enough.",
        _ when damage.System == "sdbox" => "Compare with the other replica or a backup, and keep the file as it is until then. doveadm force-resync trusts what is in the file.",
        _ => "Do not run reconstruct: with -G -R it makes the index agree with the wrong bytes. Compare this UID with the other replica, and keep the file as it is until then.",
    };

    private static string OtherName(Suspect suspect, NamedMessage other)
    {
        var where = $"The same inode is {other.Mailbox.Join(other.Key).Display}";
        return (suspect.Digest, other.Claim.Digest) switch
        {
            ({ } digest, { } guid) when digest == guid => $"{where}, and the index there names exactly these bytes: they belong to that message.",
            ({ }, { } guid) => $"{where}; the index there says {guid}, which these bytes are not either.",
            _ => Text($"{where}; the index there says {other.Claim.Size} bytes, {GuidText(other.Claim.Digest)}."),
        };
    }

    private static string GuidText(MessageGuid? guid) => guid is { } known ? $"sha1 {known}" : "no GUID";

    private static string Short(MessageGuid guid) => guid.ToString()[..12] + "…";

    private static string Time(FileTime time) => time.ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

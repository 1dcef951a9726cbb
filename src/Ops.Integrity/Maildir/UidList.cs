using System.Globalization;
using System.Text;

namespace Ops.Integrity;

/// <param name="Unique">Name of the file without its flags.</param>
/// <param name="Size">Bytes of the file; written only where the name does not say it.</param>
public sealed record UidListEntry(uint Uid, string Unique, long? Size, long? LineSize, string? GlobalId);

/// <summary>Dovecot's list of UIDs and file names, <c>dovecot-uidlist</c>.</summary>
/// <param name="Version">1 (up to Dovecot 1.0 and Courier's <c>courierimapuiddb</c>) or 3.</param>
/// <remarks>Source: dovecot maildir-uidlist.c: maildir_uidlist_next, maildir_uidlist_read_v3_header; maildir-uidlist.h: MAILDIR_UIDLIST_REC_EXT_...</remarks>
public sealed record UidList(int Version, uint UidValidity, uint NextUid, IReadOnlyList<UidListEntry> Entries)
{
    public const int LimitBytes = 256 * 1024 * 1024;

    public static Reading<UidList> Parse(ReadOnlySpan<byte> bytes)
    {
        if (!NextLine(ref bytes, out var first))
            return Refused(FormatFault.TooShort, "it has no whole first line");
        var head = Encoding.Latin1.GetString(first).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (head is not ["1" or "3", ..])
            return Refused(FormatFault.UnknownVersion, "its first line names no known version");
        var version = head[0][0] - '0';
        var (validity, next) = version == 1 ? (Number(head, 1), Number(head, 2)) : (Keyed(head, 'V'), Keyed(head, 'N'));
        if (validity is null || next is null)
            return Refused(FormatFault.BrokenEntries, "its first line lacks the UID validity or the next UID");
        List<UidListEntry> entries = [];
        // A last line without its end is being written.
        while (NextLine(ref bytes, out var line))
        {
            if (Entry(Encoding.Latin1.GetString(line), version) is not { } entry || (entries is [.., var before] && entry.Uid <= before.Uid))
                return Refused(FormatFault.BrokenEntries, string.Create(CultureInfo.InvariantCulture, $"entry {entries.Count + 1}"));
            entries.Add(entry);
        }
        return Reading<UidList>.Of(new UidList(version, validity.Value, next.Value, entries));
    }

    private static UidListEntry? Entry(string line, int version)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space < 1 || !uint.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var uid) || uid is 0 or uint.MaxValue)
            return null;
        var rest = line[(space + 1)..].TrimStart(' ');
        if (version == 1)
            return rest.Length > 0 && !rest.Contains('/', StringComparison.Ordinal) ? new UidListEntry(uid, UniqueOf(rest), null, null, null) : null;
        long? size = null, lineSize = null;
        string? guid = null;
        while (rest.Length > 0 && rest[0] != ':')
        {
            var end = rest.IndexOf(' ', StringComparison.Ordinal);
            var field = end < 0 ? rest : rest[..end];
            if (field[0] == 'S')
                size = Length(field);
            else if (field[0] == 'W')
                lineSize = Length(field);
            else if (field[0] == 'G')
                guid = field[1..];
            rest = end < 0 ? "" : rest[end..].TrimStart(' ');
        }
        return rest.Length > 1 && !rest.Contains('/', StringComparison.Ordinal) ? new UidListEntry(uid, UniqueOf(rest[1..]), size, lineSize, guid) : null;
    }

    private static string UniqueOf(string name) => name.Split(':', 2)[0];

    private static long? Length(string field) => long.TryParse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;

    private static uint? Number(string[] head, int at) =>
        at < head.Length && uint.TryParse(head[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static uint? Keyed(string[] head, char key) =>
        head.Skip(1).FirstOrDefault(f => f[0] == key) is { } field && uint.TryParse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool NextLine(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        var end = rest.IndexOf((byte)'\n');
        line = end < 0 ? default : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return end >= 0;
    }

    private static Reading<UidList> Refused(FormatFault fault, string detail) => Reading<UidList>.Refused(fault, detail);
}

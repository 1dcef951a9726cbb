using System.Globalization;

namespace Ops.Integrity;

/// <summary>What the name of a message in a Maildir says of its size.</summary>
/// <param name="Unique">The part before the flags: the same in <c>new</c> and <c>cur</c>, whatever the flags.</param>
/// <param name="Size">Bytes of the file (<c>,S=</c>); null when the name does not say.</param>
/// <param name="LineSize">Bytes with every line end counted as two (<c>,W=</c>); null when the name does not say.</param>
/// <remarks>Source: dovecot maildir-filename.c: maildir_filename_get_size; courier-libs maildir/maildirquota.c: maildir_parsequota.</remarks>
public sealed record MaildirName(string Unique, long? Size, long? LineSize)
{
    /// <param name="name">A file name; each byte becomes one character.</param>
    public static MaildirName Parse(ReadOnlySpan<byte> name)
    {
        var info = name.IndexOf((byte)':');
        var unique = System.Text.Encoding.Latin1.GetString(info < 0 ? name : name[..info]);
        return new MaildirName(unique, Field(unique, ",S="), Field(unique, ",W="));
    }

    // The last one counts: a name that was copied from another store may have two.
    private static long? Field(string unique, string key)
    {
        var at = unique.LastIndexOf(key, StringComparison.Ordinal);
        if (at < 0)
            return null;
        var rest = unique[(at + key.Length)..];
        var end = rest.IndexOfAny([',', ':']);
        return long.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;
    }
}

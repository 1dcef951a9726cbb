using System.Buffers;
using System.Globalization;
using System.Text;

namespace Ops.Locks;

/// <summary>A Linux path: bytes without NUL, not necessarily valid UTF-8. Equality is byte for byte.</summary>
/// <remarks>A .NET string cannot carry a name that is not UTF-8, and two such names must never compare equal.</remarks>
public readonly struct FilePath : IEquatable<FilePath>, IComparable<FilePath>
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly SearchValues<byte> PlainBytes = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Where(b => b != '\\').Select(b => (byte)b)]);
    private static readonly SearchValues<char> PlainChars = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Where(b => b != '\\').Select(b => (char)b)]);
    private readonly byte[]? _bytes;

    public FilePath(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    private FilePath(byte[] owned) => _bytes = owned;

    public static FilePath Root { get; } = FromText("/");

    public ReadOnlySpan<byte> Bytes => _bytes;

    public bool IsEmpty => _bytes is null or [];

    /// <summary>Whether <see cref="Text"/> holds the whole truth.</summary>
    public bool IsUtf8
    {
        get
        {
            try
            {
                Strict.GetCharCount(Bytes);
                return true;
            }
            catch (DecoderFallbackException)
            {
                return false;
            }
        }
    }

    /// <summary>Bytes that are not UTF-8 become U+FFFD; never use it to reach the file.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Safe to print: control characters, line breaks, bidirectional overrides and bytes that are not UTF-8 are escaped.</summary>
    public string Display => Escape(Bytes);

    /// <summary>The last component; empty for <c>/</c>.</summary>
    public ReadOnlySpan<byte> Name => Bytes[(Bytes.LastIndexOf((byte)'/') + 1)..];

    /// <summary>The last component as Latin-1: one char per byte, so that a regular expression sees every byte.</summary>
    public string NameLatin1 => Encoding.Latin1.GetString(Name);

    /// <summary>The directory that holds it; <c>/</c> for a name at the top, empty for a bare name.</summary>
    public FilePath Parent
    {
        get
        {
            var slash = Bytes.LastIndexOf((byte)'/');
            return slash switch { < 0 => default, 0 => Root, _ => new FilePath(Bytes[..slash]) };
        }
    }

    /// <summary>The same bytes, which nothing may change from now on.</summary>
    public static FilePath Owning(byte[] bytes) => new(bytes);

    public static FilePath FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    public static bool operator ==(FilePath left, FilePath right) => left.Equals(right);

    public static bool operator !=(FilePath left, FilePath right) => !left.Equals(right);

    public static bool operator <(FilePath left, FilePath right) => left.CompareTo(right) < 0;

    public static bool operator >(FilePath left, FilePath right) => left.CompareTo(right) > 0;

    public static bool operator <=(FilePath left, FilePath right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FilePath left, FilePath right) => left.CompareTo(right) >= 0;

    public FilePath Join(ReadOnlySpan<byte> name)
    {
        var here = Bytes;
        var slash = here.Length > 0 && here[^1] != (byte)'/' ? 1 : 0;
        var joined = new byte[here.Length + slash + name.Length];
        here.CopyTo(joined);
        if (slash == 1)
            joined[here.Length] = (byte)'/';
        name.CopyTo(joined.AsSpan(here.Length + slash));
        return new FilePath(joined);
    }

    public FilePath Join(string name) => Join(Encoding.UTF8.GetBytes(name));

    /// <summary>
    /// Where the text of a symbolic link in this directory points, by its letters alone: nothing is looked up, so a further link on the way is
    /// not seen. Right only if this is a real path.
    /// </summary>
    public FilePath Resolve(ReadOnlySpan<byte> linkText)
    {
        var result = linkText is [(byte)'/', ..] ? Root : this;
        while (!linkText.IsEmpty)
        {
            var slash = linkText.IndexOf((byte)'/');
            var part = slash < 0 ? linkText : linkText[..slash];
            linkText = slash < 0 ? [] : linkText[(slash + 1)..];
            if (part.SequenceEqual(".."u8))
                result = result == Root ? Root : result.Parent;
            else if (!part.IsEmpty && !part.SequenceEqual("."u8))
                result = result.Join(part);
        }
        return result;
    }

    /// <summary>The same path with these bytes added to its last component.</summary>
    public FilePath Append(string suffix) => new([.. Bytes, .. Encoding.UTF8.GetBytes(suffix)]);

    /// <summary>Whether the path says where it leads: without "." and "..", which could lead out of a root that its letters are below.</summary>
    public bool SaysWhereItLeads => !Encoding.Latin1.GetString(Bytes).Split('/').Any(part => part is "." or "..");

    /// <summary>Each once, without those that are below another one: who goes through the rest with all that is below sees everything, and nothing twice.</summary>
    public static IReadOnlyList<FilePath> Outermost(IEnumerable<FilePath> paths)
    {
        var all = paths.Distinct().ToList();
        return [.. all.Where(p => !all.Any(other => other != p && p.IsAtOrBelow(other)))];
    }

    /// <summary>Whether it is <paramref name="root"/> or below it, by name.</summary>
    public bool IsAtOrBelow(FilePath root)
    {
        var wanted = root.Bytes;
        if (wanted.Length > 1 && wanted[^1] == (byte)'/')
            wanted = wanted[..^1];
        return Bytes.StartsWith(wanted) &&
            (Bytes.Length == wanted.Length || wanted is [(byte)'/'] || Bytes[wanted.Length] == (byte)'/');
    }

    public bool Equals(FilePath other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is FilePath other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    public int CompareTo(FilePath other) => Bytes.SequenceCompareTo(other.Bytes);

    public override string ToString() => Display;

    /// <summary>Text from a mail host made safe for a terminal, a page or a log line.</summary>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        // Nearly all paths and commands: nothing to escape.
        if (!bytes.ContainsAnyExcept(PlainBytes))
            return Encoding.ASCII.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) != OperationStatus.Done)
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{bytes[0]:x2}");
                bytes = bytes[1..];
                continue;
            }
            bytes = bytes[used..];
            if (rune.Value == '\\')
            {
                text.Append("\\\\");
            }
            else if (IsPlain(rune))
            {
                text.Append(rune);
            }
            else
            {
                text.Append(rune.Value switch
                {
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    < 0x100 => string.Create(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                    _ => string.Create(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}"),
                });
            }
        }
        return text.ToString();
    }

    public static string Escape(string text) => text.AsSpan().ContainsAnyExcept(PlainChars) ? Escape(Encoding.UTF8.GetBytes(text)) : text;

    // Format covers the bidirectional overrides, zero-width characters and tags; a lone space is plain, other separators are not.
    private static bool IsPlain(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}

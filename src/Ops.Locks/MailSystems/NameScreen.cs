using System.Text;

namespace Ops.Locks;

/// <summary>A test of the bytes of a name.</summary>
public delegate bool NameTest(ReadOnlySpan<byte> name);

/// <summary>
/// A test of a name that costs nanoseconds and no memory, asked for every file of a store. First and last byte are data, so that a directory asks only
/// those screens that this name can pass.
/// </summary>
/// <param name="first">Bytes that it can begin with; null for any.</param>
/// <param name="last">Bytes that it can end in; null for any.</param>
/// <param name="test">The rest of the test.</param>
/// <param name="shortest">No shorter name passes.</param>
public sealed class NameScreen(string? first, string? last, NameTest test, int shortest = 1)
{
    public int Shortest => shortest;

    public bool CanBeginWith(byte b) => first is null || first.Contains((char)b, StringComparison.Ordinal);

    public bool CanEndWith(byte b) => last is null || last.Contains((char)b, StringComparison.Ordinal);

    public bool Passes(ReadOnlySpan<byte> name) => name.Length > 0 && CanBeginWith(name[0]) && CanEndWith(name[^1]) && test(name);

    /// <summary>The part of the test that is left when the first and last byte were looked at.</summary>
    internal bool PassesInside(ReadOnlySpan<byte> name) => test(name);
}

/// <summary>The screens that conventions share; one instance each, so that a directory asks each only once.</summary>
public static class Screens
{
    private const string Figures = "0123456789";
    private const string Hexadecimal = "0123456789abcdef";

    /// <summary>Only for conventions that a place narrows down.</summary>
    public static NameScreen Any { get; } = new(null, null, static _ => true);

    /// <summary><c>X.lock</c></summary>
    public static NameScreen LockSuffix { get; } = new(null, "k", static name => name.Length > 5 && name.EndsWith(".lock"u8), shortest: 6);

    /// <summary><c>X.lock.SOMETHING</c>: hitching posts of Exim, c-client, Courier and Python. <c>X.lockSOMETHING</c>: those of s-nail and Dovecot.</summary>
    public static NameScreen LockInside { get; } = new(null, null, static name => name.IndexOf(".lock"u8) is var at and > 0 && name.Length > at + 5, shortest: 7);

    /// <summary><c>.pid</c></summary>
    public static NameScreen PidSuffix { get; } = EndsWith(".pid");

    /// <summary><c>.tmp</c></summary>
    public static NameScreen TmpSuffix { get; } = EndsWith(".tmp");

    /// <summary><c>.NEW</c></summary>
    public static NameScreen NewSuffix { get; } = EndsWith(".NEW");

    /// <summary>Begins with a figure.</summary>
    public static NameScreen Figure { get; } = new(Figures, null, static _ => true);

    /// <summary><c>X.FIGURES.FIGURES.Y</c>, or the same without X.</summary>
    public static NameScreen TwoNumbers { get; } = new(null, null, HasTwoNumbers, shortest: 4);

    /// <summary><c>X.Y.FIGURES</c></summary>
    public static NameScreen NumberLast { get; } = new(null, Figures, static name =>
    {
        var number = name.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return number > 2 && name[number] == (byte)'.' && name[..number].LastIndexOf((byte)'.') > 0;
    });

    /// <summary><c>X.FIGURES</c> with ten or more of them, or <c>X.FIGURES-FIGURES</c>.</summary>
    public static NameScreen LongNumberLast { get; } = new(null, Figures, static name =>
    {
        var dot = name.LastIndexOf((byte)'.');
        return dot > 0 && name.Length - dot > 6 && name[(dot + 1)..].IndexOfAnyExceptInRange((byte)'-', (byte)'9') < 0;
    });

    /// <summary>16 hexadecimal figures at the end, as Dovecot's temporary names have.</summary>
    public static NameScreen SixteenHex { get; } = new(null, Hexadecimal, static name =>
    {
        if (name.Length <= 16)
            return false;
        foreach (var b in name[^16..])
        {
            if (b is not (>= (byte)'0' and <= (byte)'9') and not (>= (byte)'a' and <= (byte)'f'))
                return false;
        }
        return true;
    });

    public static NameScreen Exactly(string ascii)
    {
        var whole = Encoding.ASCII.GetBytes(ascii);
        return new NameScreen(ascii[..1], ascii[^1..], name => name.SequenceEqual(whole));
    }

    public static NameScreen StartsWith(string ascii)
    {
        var start = Encoding.ASCII.GetBytes(ascii);
        return new NameScreen(ascii[..1], null, name => name.StartsWith(start));
    }

    public static NameScreen EndsWith(string ascii)
    {
        var end = Encoding.ASCII.GetBytes(ascii);
        return new NameScreen(null, ascii[^1..], name => name.EndsWith(end));
    }

    public static NameScreen Contains(string ascii)
    {
        var part = Encoding.ASCII.GetBytes(ascii);
        return new NameScreen(null, null, name => name.IndexOf(part) >= 0);
    }

    // FIGURES.FIGURES. at the start of the name or behind a dot: one pass, no step back.
    private static bool HasTwoNumbers(ReadOnlySpan<byte> name)
    {
        var numbers = 0;
        while (name.IndexOf((byte)'.') is var dot and >= 0)
        {
            numbers = dot > 0 && name[..dot].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 ? numbers + 1 : 0;
            if (numbers == 2)
                return true;
            name = name[(dot + 1)..];
        }
        return false;
    }
}

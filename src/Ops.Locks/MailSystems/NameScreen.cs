namespace Ops.Locks;

/// <summary>A test of a name's bytes that costs nanoseconds and allocates nothing.</summary>
public delegate bool NameScreen(ReadOnlySpan<byte> name);

/// <summary>The screens that conventions share; one instance each, so that a directory asks each only once.</summary>
public static class Screens
{
    /// <summary>Only for conventions that a place narrows down.</summary>
    public static NameScreen Any { get; } = static name => true;

    /// <summary><c>X.lock</c></summary>
    public static NameScreen LockSuffix { get; } = static name => name.Length > 5 && name.EndsWith(".lock"u8);

    /// <summary><c>X.lock.SOMETHING</c>: hitching posts of Exim, c-client, Courier and Python.</summary>
    public static NameScreen LockInside { get; } = static name => name.Length > 10 && name.IndexOf(".lock."u8) > 0;

    /// <summary><c>.pid</c></summary>
    public static NameScreen PidSuffix { get; } = static name => name.EndsWith(".pid"u8);

    /// <summary><c>.tmp</c></summary>
    public static NameScreen TmpSuffix { get; } = static name => name.EndsWith(".tmp"u8);

    /// <summary><c>.NEW</c></summary>
    public static NameScreen NewSuffix { get; } = static name => name.EndsWith(".NEW"u8);

    /// <summary>Begins with a figure.</summary>
    public static NameScreen Figure { get; } = static name => name.Length > 0 && IsFigure(name[0]);

    /// <summary><c>X.FIGURES.FIGURES.Y</c>, or the same without X.</summary>
    public static NameScreen TwoNumbers { get; } = static name => HasTwoNumbers(name);

    /// <summary><c>X.Y.FIGURES</c></summary>
    public static NameScreen NumberLast { get; } = static name =>
    {
        var number = name.Length;
        while (number > 0 && IsFigure(name[number - 1]))
            number--;
        return number < name.Length && number > 3 && name[number - 1] == (byte)'.' && name[..(number - 1)].LastIndexOf((byte)'.') > 0;
    };

    /// <summary>16 hexadecimal figures at the end, as Dovecot's temporary names have.</summary>
    public static NameScreen SixteenHex { get; } = static name =>
    {
        if (name.Length <= 16)
            return false;
        foreach (var b in name[^16..])
        {
            if (!IsFigure(b) && b is not (>= (byte)'a' and <= (byte)'f'))
                return false;
        }
        return true;
    };

    public static NameScreen StartsWith(string ascii)
    {
        var start = System.Text.Encoding.ASCII.GetBytes(ascii);
        return name => name.StartsWith(start);
    }

    public static NameScreen EndsWith(string ascii)
    {
        var end = System.Text.Encoding.ASCII.GetBytes(ascii);
        return name => name.EndsWith(end);
    }

    public static NameScreen Contains(string ascii)
    {
        var part = System.Text.Encoding.ASCII.GetBytes(ascii);
        return name => name.IndexOf(part) >= 0;
    }

    private static bool IsFigure(byte b) => b is >= (byte)'0' and <= (byte)'9';

    // Looks for FIGURES.FIGURES. at the start of the name or behind a dot: one pass, no step back.
    private static bool HasTwoNumbers(ReadOnlySpan<byte> name)
    {
        var numbers = 0;
        var start = 0;
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == (byte)'.')
            {
                numbers = i > start ? numbers + 1 : 0;
                start = i + 1;
                if (numbers == 2)
                    return true;
            }
            else if (!IsFigure(name[i]))
            {
                // Not a number: go on behind the next dot.
                var dot = name[i..].IndexOf((byte)'.');
                if (dot < 0)
                    return false;
                i += dot;
                start = i + 1;
                numbers = 0;
            }
        }
        return false;
    }
}

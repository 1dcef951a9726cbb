namespace Ops.Testing;

/// <summary>File modes by their octal digits, which C# cannot write as a literal.</summary>
public static class Modes
{
    public const uint O444 = 0x124, O600 = 0x180, O644 = 0x1A4, O664 = 0x1B4, O666 = 0x1B6, O700 = 0x1C0, O755 = 0x1ED, O770 = 0x1F8, O775 = 0x1FD, O777 = 0x1FF, O1777 = 0x3FF;
}

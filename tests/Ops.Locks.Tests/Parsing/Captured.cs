namespace Ops.Locks.Tests;

/// <summary>Text captured from <c>/proc</c>, under <c>Cases/proc</c>.</summary>
internal static class Captured
{
    public static byte[] Proc(string name) => File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Cases", "proc", name));

    /// <summary>Every beginning of the text, and the text with each byte replaced in turn: nothing of that may throw.</summary>
    public static IEnumerable<byte[]> Damaged(byte[] text)
    {
        for (var length = 0; length < text.Length; length++)
            yield return text[..length];
        foreach (byte replacement in (byte[])[0, (byte)' ', (byte)'\n', (byte)':', (byte)')', (byte)'-', (byte)'9', 0xff])
        {
            for (var at = 0; at < text.Length; at++)
            {
                var damaged = (byte[])text.Clone();
                damaged[at] = replacement;
                yield return damaged;
            }
        }
    }
}

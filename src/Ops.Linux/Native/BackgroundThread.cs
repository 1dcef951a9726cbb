namespace Ops.Linux;

/// <summary>For threads of other projects that do long work which nothing waits for.</summary>
public static class BackgroundThread
{
    /// <summary>Puts the calling thread behind all others. For a thread of one's own only: without rights it cannot be taken back.</summary>
    public static void Yield() => ThreadRank.Lower();
}

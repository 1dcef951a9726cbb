using Ops.Locks;

namespace Ops.Linux;

/// <summary>What is said of a living lock that was renamed away by mistake and did not get its name back at once: loudly, whether the act or recovery finds it.</summary>
internal static class DisplacedLock
{
    private const string Title = "TWO HOLDERS ARE POSSIBLE.";
    private const string Advice = "Stop the programs that write to this mailbox, and look at it before they go on.";

    /// <param name="what">How it came about, as a sentence.</param>
    /// <param name="error">Why it cannot be given back; <see cref="Errno.None"/> when it has its name again, and another had it in between.</param>
    public static string Words(string what, Errno error, FilePath path) => error switch
    {
        Errno.None => $"{Title} {what} Another process then took and released the lock; the first one has its name again. {Advice}",
        Errno.Exists => $"{Title} {what} Another process then took the lock, so the first one cannot be given back and stays at {path.Display}. {Advice}",
        _ => $"{Title} {what} It cannot be given back ({FileLook.Words(error)}) and stays at {path.Display}: its owner goes on, and any process can take the name. {Advice}",
    };
}

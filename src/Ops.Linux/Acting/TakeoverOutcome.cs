using Ops.Locks;

namespace Ops.Linux;

/// <summary>How a takeover ended.</summary>
public abstract record TakeoverOutcome
{
    private TakeoverOutcome()
    {
    }

    /// <summary>The stale lock is in quarantine and the name is free, or somebody else's by now.</summary>
    /// <param name="QuarantinePath">Where the stale file lies now.</param>
    /// <param name="Warnings">What an administrator should look at, such as a mailbox that ends in half a message.</param>
    /// <param name="SettledWith">Who had the lock after us, during the settle period.</param>
    /// <param name="WasRenamedAway">By the weaker protocol.</param>
    public sealed record TakenOver(
        TakenFile Removed, FilePath QuarantinePath, IReadOnlyList<string> Warnings, IReadOnlyList<LockSighting> SettledWith, bool WasRenamedAway = false) : TakeoverOutcome;

    /// <summary>The stale lock is where it was, and nothing of ours is left.</summary>
    /// <param name="WasPutBack">It had been taken over, and was put back because the second look found a reason.</param>
    public sealed record Refused(Refusal Reason, string Sentence, bool WasPutBack = false) : TakeoverOutcome;

    /// <summary>The lock was gone before we could take it.</summary>
    public sealed record AlreadyGone : TakeoverOutcome;

    /// <summary>Another file had taken the name, or the file had been written to. It has, or had back at once, its name.</summary>
    /// <param name="Found">What was there, when it could be seen.</param>
    public sealed record ChangedMeanwhile(string Sentence, FileFacts? Found) : TakeoverOutcome;

    /// <summary>A system call failed so that something of ours is left; <see cref="Recovery"/> puts it right at the next start of the
    /// agent.</summary>
    public sealed record Failed(int Step, string Sentence) : TakeoverOutcome;
}

/// <summary>A file that was taken away, for the audit.</summary>
/// <param name="File">With at most 64 KiB of content.</param>
/// <param name="ExtendedAttributes">Name to value, both as they are.</param>
public sealed record TakenFile(FileFacts File, IReadOnlyList<KeyValuePair<byte[], byte[]>> ExtendedAttributes);

/// <summary>A lock seen at the name after our release.</summary>
/// <param name="After">Time from our release to the first look that saw it.</param>
/// <param name="SeenFor">From the first to the last look that saw it.</param>
/// <param name="StillThere">Whether it was there when the watch ended.</param>
public sealed record LockSighting(FileFacts File, TimeSpan After, TimeSpan SeenFor, bool StillThere);

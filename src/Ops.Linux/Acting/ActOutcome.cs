using Ops.Locks;

namespace Ops.Linux;

/// <summary>How an act ended. These four endings are common to all acts; each act declares its own successes next to itself.</summary>
public abstract partial record ActOutcome
{
    private ActOutcome()
    {
    }

    /// <summary>Nothing was changed, and nothing of ours is left.</summary>
    /// <param name="WasPutBack">A lock had been taken over, and was put back because the second look found a reason.</param>
    public sealed record Refused(Refusal Reason, string Sentence, bool WasPutBack = false) : ActOutcome
    {
        public Refused(BreakDecision.Refused refusal)
            : this(refusal.Reason, refusal.Sentence)
        {
        }
    }

    /// <summary>What the act was about was gone before anything was done to it.</summary>
    public sealed record AlreadyGone : ActOutcome;

    /// <summary>Another file had taken the name, or the file had been written to. It has its name, or got it back at once.</summary>
    /// <param name="Found">What was there, when it could be seen.</param>
    public sealed record ChangedMeanwhile(string Sentence, FileFacts? Found) : ActOutcome;

    /// <summary>A system call failed. Where something of ours is left, <see cref="Recovery"/> settles it, at the latest when the agent starts again.</summary>
    /// <param name="Step">Number of the step that failed; 0 for an act without numbered steps.</param>
    /// <param name="QuarantinePath">Where a file is that was removed and could not be put back.</param>
    public sealed record Failed(string Sentence, int Step = 0, FilePath? QuarantinePath = null) : ActOutcome;
}

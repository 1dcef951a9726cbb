using System.Globalization;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Breaks a stale dot lock: becomes its holder by exchanging our own living lock with it in one step, makes sure that it was the stale one,
/// takes that to quarantine and releases as any holder does. The lock's name is never absent while we work on it, so nobody can acquire it in between.
/// The argument for each step is in <c>README.md</c> beside this file.</summary>
public sealed class Takeover(TimeProvider clock)
{
    /// <summary>All temporary names begin so; scans must not take them for anything else.</summary>
    public const string TemporaryPrefix = ".ops-takeover.";

    private const int LongestHostInName = 64;

    public Takeover()
        : this(TimeProvider.System)
    {
    }

    /// <summary>Runs the whole protocol on the calling thread. Blocks for the mutex, the two looks and the settle period.</summary>
    /// <param name="verify">Step 3, with the mutex held: looks at everything again and decides again; null to go on. No descriptor of ours is on the lock or
    /// the mailbox then.</param>
    /// <param name="recheck">Step 7, while we hold the lock: looks for foreign kernel locks and descriptors on the mailbox; null to go on. Our
    /// own process has the mailbox open and locked. A refusal puts the stale lock back. It should answer in less time than the mail
    /// system's own age rule.</param>
    /// <param name="stop">Honoured until the exchange, and during the settle period, which it cuts short.</param>
    /// <exception cref="OperationCanceledException">Before the exchange; nothing of ours is left.</exception>
    public TakeoverOutcome Run(
        TakeoverPlan plan, Func<BreakDecision.Refused?> verify, Func<BreakDecision.Refused?> recheck, IProgress<ActStep>? progress = null,
        CancellationToken stop = default)
    {
        using var run = new TakeoverRun(plan, clock, new ActProgress(progress), verify, recheck, stop);
        return run.Run();
    }

    /// <summary>The temporary name of an operation. The host is cut and cleaned; it is for people who find the file.</summary>
    public static string TemporaryNameOf(string host, int pid, Guid operationId)
    {
        var clean = new StringBuilder();
        foreach (var c in host.Take(LongestHostInName))
        {
            clean.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_');
        }

        return string.Create(CultureInfo.InvariantCulture, $"{TemporaryPrefix}{clean}.{pid}.{operationId:N}");
    }
}

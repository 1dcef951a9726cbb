using System.Globalization;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

public abstract partial record ActOutcome
{
    /// <summary>The stale lock is in quarantine, and the name is free or has a new holder.</summary>
    /// <param name="QuarantinePath">Where the stale file is now.</param>
    /// <param name="Warnings">What an administrator should look at, such as a mailbox that ends in half a message.</param>
    /// <param name="SettledWith">Who had the lock after us, during the settle period.</param>
    /// <param name="WasRenamedAway">By the weaker protocol.</param>
    public sealed record TakenOver(
        TakenFile Removed, FilePath QuarantinePath, IReadOnlyList<string> Warnings, IReadOnlyList<LockSighting> SettledWith, bool WasRenamedAway = false) : ActOutcome;
}

/// <summary>Breaks a stale dot lock: becomes its holder by exchanging our own living lock with it in one step, makes sure that it was the stale one,
/// takes that to quarantine and releases as any holder does. The lock's name is never absent while we work on it, so no process can acquire it in between.
/// The argument for each step is in <c>README.md</c> next to this file.</summary>
/// <remarks>
/// <para><b>May refuse</b>, with nothing changed and nothing of ours left: the mutex or the mailbox is taken, the quarantine cannot take the file, the file system cannot exchange
/// names, or one of the two looks found a reason. After the second look the stale lock has its name back (<see cref="ActOutcome.Refused.WasPutBack"/>).</para>
/// <para><b>May find</b> that the lock is gone (<see cref="ActOutcome.AlreadyGone"/>) or another one (<see cref="ActOutcome.ChangedMeanwhile"/>): a living lock that was displaced has its name back
/// before this returns.</para>
/// <para><b>May fail</b> (<see cref="ActOutcome.Failed"/>) from the exchange on, when the file system lets no name be changed any more or our own lock cannot be removed.</para>
/// <para><b>Leaves behind</b> the stale file and its record in quarantine. After a failure or a crash, also our lock, our temporary name or the record: <see cref="Recovery"/> settles them.</para>
/// <para><b>Withstands</b> a lock that is replaced between judgement and act (Postfix <c>safe_open.c</c>: "be fooled by delaying the open()"), also by a file that got the same inode number; a directory
/// that is renamed, or replaced by a symbolic link; a breaker that does not know our mutex; an owner that releases its lock while it is displaced.
/// Not withstood: a program that removes our lock as stale after we have died inside of the exchange.</para>
/// </remarks>
public sealed class Takeover(TimeProvider clock)
{
    /// <summary>All temporary names begin so; scans must not take them for anything else.</summary>
    public const string TemporaryPrefix = ".ops-takeover.";

    private const int LongestHostInName = 64;

    public Takeover()
        : this(TimeProvider.System)
    {
    }

    /// <summary>Runs the whole protocol on the calling thread. Blocks for the mutex, the two looks and the settle period. Where the file system cannot exchange
    /// names, and the plan allows it, goes on by <see cref="RunWeaker"/>.</summary>
    /// <param name="verify">Step 3, with the mutex held: looks at everything again and decides again; null to go on. No descriptor of ours is on the lock or
    /// the mailbox then.</param>
    /// <param name="recheck">Step 7, while we hold the lock: looks for foreign kernel locks and descriptors on the mailbox; null to go on. Our
    /// own process has the mailbox open and locked. A refusal puts the stale lock back. It should answer in less time than the mail
    /// system's own age rule.</param>
    /// <param name="stop">Honoured until the exchange, and during the settle period, which it cuts short.</param>
    /// <exception cref="OperationCanceledException">Before the exchange; nothing of ours is left.</exception>
    public ActOutcome Run(
        TakeoverPlan plan, Func<BreakDecision.Refused?> verify, Func<BreakDecision.Refused?> recheck, IProgress<ActStep>? progress = null,
        CancellationToken stop = default)
    {
        ActOutcome outcome;
        int steps;
        using (var run = new TakeoverRun(plan, clock, new ActProgress(progress), verify, recheck, stop))
            (outcome, steps) = (run.Run(), run.Steps);
        return outcome is ActOutcome.Refused { Reason: Refusal.NoExchange } && plan.MayBeRenamedAway
            ? RunWeaker(plan, steps, verify, recheck, progress, stop)
            : outcome;
    }

    /// <summary>Rename away, verify, link back: for file systems that cannot exchange names. Between the last look and the rename another process may acquire, and
    /// while its lock is away a third may: two holders, or a lock left behind, are possible then and are reported. Every check of the takeover is made here too.</summary>
    private ActOutcome RunWeaker(
        TakeoverPlan plan, int steps, Func<BreakDecision.Refused?> verify, Func<BreakDecision.Refused?> recheck, IProgress<ActStep>? progress, CancellationToken stop)
    {
        var removal = new QuarantinePlan
        {
            Root = plan.Root,
            Expected = plan.Expected,
            OperationId = plan.OperationId,
            Actor = plan.Actor,
            Reason = plan.Reason,
            HostName = plan.HostName,
            MutexWait = plan.MutexWait,
            Lock = new RenamedLock(plan.Mailbox, plan.MailboxIsMbox, recheck, plan.SettlePeriod, plan.MailboxRoot, plan.Released),
            Before = plan.BeforeWeaker,
            Fault = plan.FaultWeaker,
            MoveBackAttempts = plan.MoveBackAttempts,
        };
        using var run = new QuarantineRun(removal, clock, new ActProgress(progress, steps), verify, stop);
        return run.Run() is var outcome && outcome is ActOutcome.Quarantined done
            ? new ActOutcome.TakenOver(done.File, done.QuarantinePath, done.Warnings, done.SettledWith, WasRenamedAway: true)
            : outcome;
    }

    /// <summary>The temporary name of an operation. The host is cut and cleaned; it is for people who find the file.</summary>
    public static string TemporaryNameOf(string host, int pid, Guid operationId)
    {
        var clean = new StringBuilder();
        foreach (var c in host.Take(LongestHostInName))
            clean.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_');
        return string.Create(CultureInfo.InvariantCulture, $"{TemporaryPrefix}{clean}.{pid}.{operationId:N}");
    }
}

using Ops.Locks;

namespace Ops.Linux;

/// <summary>How a process is ended.</summary>
public enum EndingSignal
{
    /// <summary>SIGTERM: it may clean up, or not listen.</summary>
    Terminate,

    /// <summary>SIGKILL: it cannot refuse, and leaves its dot locks and half-written files.</summary>
    Kill,
}

/// <summary>One process to end: whom the operator meant.</summary>
/// <param name="Wait">How long its end is waited for.</param>
/// <param name="Ask">Asks its mail system to end it, in place of a signal; null from it when that was understood.</param>
public sealed record EndingPlan(ProcessIdentity Process, EndingSignal Signal, TimeSpan Wait, Func<BreakDecision.Refused?>? Ask = null);

public abstract partial record ActOutcome
{
    /// <summary>The process has ended: the kernel has released everything that no process shares with it.</summary>
    public sealed record Ended(TimeSpan After) : ActOutcome;

    /// <summary>The process got the signal and still runs.</summary>
    /// <param name="State">State letter now; null when it could not be read.</param>
    public sealed record StillRunning(char? State) : ActOutcome;
}

/// <summary>Ends one run of one process. The pidfd comes first: whatever is checked after it was opened is true of the process that the signal reaches, and a pid that
/// was given away in between leads to a refusal, never to another process.</summary>
public sealed class Ending(ProcReader processes, TimeProvider clock)
{
    /// <summary>Blocks until the process has ended or <see cref="EndingPlan.Wait"/> is over.</summary>
    /// <param name="verify">With the pidfd open: judges what has the pid now (null: nothing) and whether it takes part in the lock; null to go on.</param>
    public ActOutcome Run(EndingPlan plan, Func<ProcessFacts?, BreakDecision.Refused?> verify, IProgress<ActStep>? progress = null)
    {
        var (steps, pid, name) = (new ActProgress(progress), plan.Process.Pid, plan.Signal == EndingSignal.Kill ? "SIGKILL" : "SIGTERM");
        steps.Begin(1, $"Open pid {pid} (pidfd)");
        if (!PidFd.Open(pid).TryGet(out var process, out var error))
        {
            steps.Failed(FileLook.Words(error));
            return error switch
            {
                Errno.NoSuchProcess => new ActOutcome.AlreadyGone(),
                Errno.NotFound or Errno.InvalidArgument => new ActOutcome.Refused(Refusal.ProcessChanged, $"{pid} is the number of a thread, not of a process."),
                _ => new ActOutcome.Refused(Refusal.System, $"Pid {pid} cannot be opened: {FileLook.Words(error)}."),
            };
        }
        using (process)
        {
            steps.Begin(2, "Look once more: the same process, still on that lock");
            var now = processes.ReadProcess(pid);
            if (verify(now) is { } refused)
            {
                steps.Failed(refused.Sentence);
                return refused.Reason == Refusal.NotThere ? new ActOutcome.AlreadyGone() : new ActOutcome.Refused(refused.Reason, refused.Sentence);
            }
            if (now is null || now.Identity != plan.Process)
            {
                const string Changed = "The pid belongs to another process now.";
                steps.Failed(Changed);
                return new ActOutcome.Refused(Refusal.ProcessChanged, Changed);
            }
            var sent = clock.GetTimestamp();
            if (plan.Ask is { } ask)
            {
                steps.Begin(3, "Ask its mail system to end it");
                if (ask() is { } no)
                {
                    steps.Failed(no.Sentence);
                    return new ActOutcome.Refused(no.Reason, no.Sentence);
                }
                return WaitForEnd(plan, process, sent, steps);
            }
            steps.Begin(3, $"Send {name}");
            error = process.Send(plan.Signal == EndingSignal.Kill ? Signal.Kill : Signal.Terminate);
            if (error != Errno.None)
            {
                steps.Failed(FileLook.Words(error));
                return error == Errno.NoSuchProcess
                    ? new ActOutcome.AlreadyGone()
                    : new ActOutcome.Refused(Refusal.System, $"{name} cannot be sent to pid {pid}: {FileLook.Words(error)}.");
            }
            if (now.State == 'T' && plan.Signal == EndingSignal.Terminate)
            {
                // A stopped process takes SIGTERM only when it goes on, and takes it before anything else then.
                _ = process.Send(Signal.Continue);
                steps.Note("It was stopped, so it is continued to take the signal.");
            }
            return WaitForEnd(plan, process, sent, steps);
        }
    }

    private ActOutcome WaitForEnd(EndingPlan plan, PidFd process, long sent, ActProgress steps)
    {
        steps.Begin(4, FormattableString.Invariant($"Wait for its end, at most {plan.Wait.TotalSeconds:0.#} s"));
        var ended = process.WaitForExit(plan.Wait);
        if (ended is { Succeeded: true, Value: true })
        {
            steps.Done(null);
            return new ActOutcome.Ended(clock.GetElapsedTime(sent));
        }
        // The pidfd alone says that it has ended; /proc only says why it has not.
        char? state = processes.ReadProcess(plan.Process.Pid) is { } now && now.Identity == plan.Process ? now.State : null;
        steps.Failed(state == 'D' ? "It waits inside the kernel, where no signal reaches it." : "It still runs.");
        return new ActOutcome.StillRunning(state);
    }
}

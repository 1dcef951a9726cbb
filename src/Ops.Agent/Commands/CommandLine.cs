using System.CommandLine;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What a command ends with.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>Part of a scan failed, an act failed before it changed anything, or nothing is known about what was to be explained.</summary>
    public const int Failed = 1;
    public const int Refused = 2;

    /// <summary>The state differs from what the preview showed.</summary>
    public const int Changed = 3;

    /// <summary>The file no longer exists.</summary>
    public const int Gone = 4;

    /// <summary>The audit chain is broken, or a message of the store differs from what its index says.</summary>
    public const int Broken = 5;

    /// <summary>The audit chain is intact, but something cannot be proved or was noted.</summary>
    public const int Remarks = 6;

    /// <summary>why: a living process is in the way, or processes wait for each other.</summary>
    public const int Blocked = 10;

    /// <summary>why: a stale lock is in the way.</summary>
    public const int StaleLock = 11;

    /// <summary>why: mail is being lost or will be.</summary>
    public const int AtRisk = 12;

    /// <summary>why: nothing that was asked for is known.</summary>
    public const int Unknown = 13;

    /// <summary>The command line was not understood (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>The policy cannot be followed (EX_CONFIG).</summary>
    public const int Configuration = 78;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;

    /// <summary>What each means, for the manual page.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Done, "Done; for a dry run: would be done."),
        (Failed, "Part of the scan or the store audit failed (standard error names it), an act failed, explain found nothing about its subject, or an answer in a drill was wrong."),
        (Refused, "Refused; the output gives the reason."),
        (Changed, "The state differs from the given fingerprint, or changed during the act."),
        (Gone, "The file no longer exists."),
        (Broken, "verify-audit: the chain is broken, or console and agent disagree; audit-store: a message differs from its index."),
        (Remarks, "verify-audit: intact with remarks; the output has them, for example that the end cannot be proved."),
        (Blocked, "why: a living process is in the way, or processes wait for each other."),
        (StaleLock, "why: a stale lock is in the way."),
        (AtRisk, "why: mail is being lost, or will be."),
        (Unknown, "why: nothing that was asked for is known."),
        (Usage, "The command line was not understood."),
        (Configuration, "The policy cannot be followed."),
        (Interrupted, "Ended by Ctrl-C."),
    ];

    public static int Of(string outcome) => outcome switch
    {
        "done" => Done,
        "refused" => Refused,
        "changed" => Changed,
        "gone" => Gone,
        _ => Failed,
    };
}

/// <summary>The <c>ops</c> command line: the same code as the agent, without a console.</summary>
public static class CommandLine
{
    /// <summary>Runs one command.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(string[] args) => RunAsync(args, Terminal.OfConsole());

    /// <summary>Runs one command and writes to the given terminal.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var result = new CommandTree(terminal).Root().Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (var problem in result.Errors)
                terminal.Remark("ops: " + FilePath.Escape(problem.Message));
            terminal.Remark("See ops --help.");
            return ExitCode.Usage;
        }
        try
        {
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (PolicyException e)
        {
            terminal.Remark("ops: " + FilePath.Escape(e.Message));
            return ExitCode.Configuration;
        }
        catch (JournalException e)
        {
            terminal.Remark("ops: " + FilePath.Escape(e.Message));
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        finally
        {
            terminal.Flush();
        }
    }
}

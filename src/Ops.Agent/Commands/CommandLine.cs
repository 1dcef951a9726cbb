using System.CommandLine;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What a command ends with.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>Part of a scan failed, or an act failed before it changed anything.</summary>
    public const int Failed = 1;
    public const int Refused = 2;

    /// <summary>Something else than the preview showed was found.</summary>
    public const int Changed = 3;

    /// <summary>Nothing is there any more.</summary>
    public const int Gone = 4;

    /// <summary>The audit chain is broken.</summary>
    public const int Broken = 5;

    /// <summary>The command line was not understood (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>The policy cannot be followed (EX_CONFIG).</summary>
    public const int Configuration = 78;

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
    private static readonly Option<string[]> Roots = new("--root")
    {
        Description = "Directory to work below; may be given several times. Default: the roots of the policy, else the mail stores found on this host.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object a line." };

    private static readonly Option<string?> PolicyFile = new("--policy")
    {
        Description = $"Policy file. Default: {Policy.DefaultFile}, if there is one.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> StateDirectory = new("--state")
    {
        Description = "Directory of the journal. Default: /var/lib/mailstore-ops for root, ~/.local/state/mailstore-ops for others.",
        HelpName = "DIR",
    };

    private static readonly Option<string?> AgeBy = new("--age-by")
    {
        Description = "Which clock says how old a file is: both (the younger counts), mtime (stores restored from a backup) or ctime.",
        HelpName = "both|mtime|ctime",
    };

    private static readonly Option<double?> GreyZone = new("--grey-zone")
    {
        Description = "Seconds between a file's ctime and a process's start that prove nothing either way. Default: 2.",
        HelpName = "SECONDS",
    };

    private static readonly Option<string?> PathBytes = new("--path-bytes")
    {
        Description = "The path as base64, for names that are not UTF-8 (pathBytes of a finding).",
        HelpName = "BASE64",
    };

    /// <summary>Runs one command.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(string[] args) => RunAsync(args, Terminal.OfConsole());

    /// <summary>The same, writing where the caller says.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var result = Tree(terminal).Parse(args);
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
            return 130; // ended by Ctrl-C
        }
        finally
        {
            terminal.Flush();
        }
    }

    private static RootCommand Tree(Terminal terminal)
    {
        AgeBy.AcceptOnlyFromAmong("both", "mtime", "ctime");
        return new RootCommand("Finds the locks of mail systems, says who holds them and why, and breaks stale ones safely.")
        {
            Scan(terminal),
            Locks(terminal),
            Explain(terminal),
            Act(terminal, OperatorAction.Break, "Take a stale lock over and release it."),
            Act(terminal, OperatorAction.Remove, "Move a leftover to quarantine."),
            Undo(terminal),
            Watch(terminal),
            Agent(terminal),
            VerifyAudit(terminal),
        };
    }

    private static Command Scan(Terminal terminal)
    {
        var command = new Command("scan", "Say what lies below the roots: locks, leftovers, and the kernel locks on files there.") { Roots, Json, AgeBy, GreyZone, PolicyFile };
        command.SetAction((parsed, stop) => ScanCommand.RunAsync(Settings(parsed), terminal, parsed.GetValue(Json), stop));
        return command;
    }

    private static Command Locks(Terminal terminal)
    {
        var command = new Command("locks", "List every kernel lock of this host with its true holders and waiters.") { Json, PolicyFile };
        command.SetAction((parsed, stop) => Task.FromResult(LocksCommand.Run(Settings(parsed), terminal, parsed.GetValue(Json), stop)));
        return command;
    }

    private static Command Explain(Terminal terminal)
    {
        var subject = new Argument<string?>("subject") { Description = "A path, a pid or a user.", HelpName = "PATH|PID|USER", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("explain", "Say in words who holds, who waits, since when, and what is safe to do next.")
        {
            subject, Roots, Json, AgeBy, GreyZone, PolicyFile,
        };
        RequireOne(command, subject, null);
        command.SetAction((parsed, _) => Task.FromResult(ExplainCommand.Run(Settings(parsed), terminal, parsed.GetValue(Json), parsed.GetValue(subject)!)));
        return command;
    }

    private static Command Act(Terminal terminal, OperatorAction action, string description)
    {
        var path = new Argument<string?>("path") { Description = "The lock or leftover.", HelpName = "PATH", Arity = ArgumentArity.ZeroOrOne };
        var reason = new Option<string?>("--reason") { Description = "Why; goes into the journal.", HelpName = "TEXT" };
        var fingerprint = new Option<string?>("--fingerprint") { Description = "Act only if a fresh look gives this fingerprint (from scan --json).", HelpName = "F" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be done, and do nothing." };
        var command = new Command(Words.Of(action), description)
        {
            path, PathBytes, reason, fingerprint, dryRun, Roots, Json, AgeBy, GreyZone, PolicyFile, StateDirectory,
        };
        RequireOne(command, path, PathBytes);
        command.Validators.Add(result =>
        {
            if (!result.GetValue(dryRun) && string.IsNullOrWhiteSpace(result.GetValue(reason)))
                result.AddError("--reason TEXT is required: it is what the journal will say.");
            if (result.GetValue(PathBytes) is { } text && !Convert.TryFromBase64String(text, new byte[text.Length], out _))
                result.AddError("--path-bytes is not base64.");
        });
        command.SetAction((parsed, _) =>
        {
            var target = parsed.GetValue(PathBytes) is { } bytes
                ? new FilePath(Convert.FromBase64String(bytes))
                : FilePath.FromText(Path.GetFullPath(parsed.GetValue(path)!));
            return Task.FromResult(ActCommand.Run(
                Settings(parsed), terminal, parsed.GetValue(Json), action, target, parsed.GetValue(reason) ?? "", parsed.GetValue(fingerprint), parsed.GetValue(dryRun)));
        });
        return command;
    }

    private static Command Undo(Terminal terminal)
    {
        var operation = new Argument<Guid>("operation") { Description = "Id of the operation to take back.", HelpName = "OPERATION" };
        var reason = new Option<string?>("--reason") { Description = "Why; goes into the journal.", HelpName = "TEXT" };
        var command = new Command("undo", "Put back what a break or remove took, if the name is free.") { operation, reason, Roots, Json, PolicyFile, StateDirectory };
        command.SetAction((parsed, _) => Task.FromResult(
            ActCommand.Undo(Settings(parsed), terminal, parsed.GetValue(Json), parsed.GetValue(operation), parsed.GetValue(reason) ?? "taken back on the command line")));
        return command;
    }

    private static Command Watch(Terminal terminal)
    {
        var command = new Command("watch", "Print findings as they open, change and close, until Ctrl-C.") { Roots, Json, AgeBy, GreyZone, PolicyFile };
        command.SetAction((parsed, stop) => WatchCommand.RunAsync(Settings(parsed), terminal, parsed.GetValue(Json), stop));
        return command;
    }

    private static Command Agent(Terminal terminal)
    {
        var console = new Option<Uri>("--console") { Description = "Address of the console.", HelpName = "URL", Required = true };
        var token = new Option<string?>("--token") { Description = "Token from the console's Hosts page. Others can read it in the process list: prefer --token-file or OPS_TOKEN.", HelpName = "T" };
        var tokenFile = new Option<string?>("--token-file") { Description = "File that holds the token; read anew before every connect.", HelpName = "FILE" };
        var name = new Option<string?>("--host-name") { Description = "Name under which the console shows this host. Default: its own.", HelpName = "NAME" };
        var allowHttp = new Option<bool>("--allow-http") { Description = "Send the token over a connection that is not encrypted." };
        var command = new Command("agent", "Serve a console.")
        {
            console, token, tokenFile, name, allowHttp, Roots, AgeBy, GreyZone, PolicyFile, StateDirectory,
        };
        command.SetAction((parsed, stop) => AgentCommand.RunAsync(
            Settings(parsed, parsed.GetValue(name)), terminal, parsed.GetValue(console)!, parsed.GetValue(token), parsed.GetValue(tokenFile), parsed.GetValue(allowHttp), stop));
        return command;
    }

    private static Command VerifyAudit(Terminal terminal)
    {
        var file = new Argument<string?>("file") { Description = "Journal or exported audit. Default: this host's journal.", HelpName = "FILE", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("verify-audit", "Check that no entry of an audit chain was changed, dropped or moved.") { file, PolicyFile, StateDirectory };
        command.SetAction((parsed, _) => Task.FromResult(VerifyAuditCommand.Run(terminal, parsed.GetValue(file)
            ?? Path.Join(parsed.GetValue(StateDirectory) ?? Policy.Load(parsed.GetValue(PolicyFile)).StateDirectory ?? Policy.DefaultStateDirectory, Journal.FileName))));
        return command;
    }

    private static void RequireOne(Command command, Argument<string?> argument, Option<string?>? instead) => command.Validators.Add(result =>
    {
        if (string.IsNullOrEmpty(result.GetValue(argument)) && (instead is null || result.GetValue(instead) is null))
            result.AddError($"{argument.HelpName} is missing.");
    });

    private static AgentSettings Settings(ParseResult parsed, string? hostName = null)
    {
        var settings = AgentSettings.Load(
            Given(parsed, PolicyFile), Given(parsed, Roots), Given(parsed, StateDirectory), hostName);
        return settings with
        {
            Judging = settings.Judging with
            {
                AgeBy = Given(parsed, AgeBy) is { } word ? Policy.AgeClockOf(word)!.Value : settings.Judging.AgeBy,
                GreyZone = Given(parsed, GreyZone) is { } seconds ? TimeSpan.FromSeconds(Math.Max(0, seconds)) : settings.Judging.GreyZone,
            },
        };
    }

    // An option that this command does not have was not given.
    private static T? Given<T>(ParseResult parsed, Option<T> option) =>
        parsed.CommandResult.Command.Options.Contains(option) ? parsed.GetValue(option) : default;
}

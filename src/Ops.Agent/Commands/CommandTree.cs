using System.CommandLine;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>The commands with their arguments and options. One tree for each run: a parser's symbols know their parents.</summary>
internal sealed partial class CommandTree(Terminal terminal)
{
    private readonly Option<string[]> _roots = new("--root")
    {
        Description = "Directory to work below; may be given several times. Default: the roots of the policy, else the mail stores found on this host.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON, one object per line." };

    private readonly Option<bool> _wide = new("--wide") { Description = "On a terminal: all columns and whole paths, however narrow it is." };

    private readonly Option<bool> _header = new("--header") { Description = "In a pipe: print a line with the names of the columns first." };

    private readonly Option<string?> _policyFile = new("--policy")
    {
        Description = $"Policy file. Default: {Policy.DefaultFile}, if it exists.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _stateDirectory = new("--state")
    {
        Description = "Directory of the journal. Default: /var/lib/mailstore-ops for root, ~/.local/state/mailstore-ops for other users.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _ageBy = new("--age-by")
    {
        Description = "Clock for the age of a file: both (the younger counts), mtime (for stores restored from a backup) or ctime.",
        HelpName = "both|mtime|ctime",
    };

    private readonly Option<double?> _greyZone = new("--grey-zone")
    {
        Description = "If a file's ctime and a process's start are at most this many seconds apart, their order proves nothing. Default: 2.",
        HelpName = "SECONDS",
    };

    private readonly Option<string?> _pathBytes = new("--path-bytes")
    {
        Description = "The path as base64, for names that are not UTF-8 (pathBytes of a finding).",
        HelpName = "BASE64",
    };

    private readonly Option<string?> _breakGlass = new("--break-glass")
    {
        Description = "Proceed without the approvers that the policy requires, and record why in a journal entry of its own. Lifts nothing else.",
        HelpName = "WHY",
    };

    /// <summary>What the program is for, in a sentence.</summary>
    public const string Summary = "Finds the locks of mail systems, shows who holds them and why, and breaks stale ones safely.";

    public RootCommand Root()
    {
        _ageBy.AcceptOnlyFromAmong("both", "mtime", "ctime");
        return new RootCommand(Summary)
        {
            Scan(),
            Locks(),
            Explain(),
            Why(),
            Top(),
            Replay(),
            Drill(),
            Act(OperatorAction.Break, "Take over a stale lock and release it."),
            Act(OperatorAction.Remove, "Move a leftover to quarantine."),
            End(),
            Rescue(),
            Undo(),
            Quarantine(),
            Purge(),
            Watch(),
            Agent(),
            VerifyAudit(),
            AuditStore(),
            Conventions(),
            Completion(),
            Man(),
        };
    }

    private Command Scan()
    {
        var command = new Command("scan", "List locks and leftovers below the roots, and the kernel locks on files there.") { _roots, _json, _wide, _header, _ageBy, _greyZone, _policyFile };
        command.SetAction((parsed, stop) => ScanCommand.RunAsync(Settings(parsed), terminal, parsed.GetValue(_json), Shape(parsed), stop));
        return command;
    }

    private Command Locks()
    {
        var command = new Command("locks", "List every kernel lock of this host with its true holders, waiters under their blocker, and deadlocks that involve dot locks below the roots.") { _roots, _json, _wide, _header, _ageBy, _greyZone, _policyFile };
        command.SetAction((parsed, stop) => Task.FromResult(LocksCommand.Run(Settings(parsed), terminal, parsed.GetValue(_json), Shape(parsed), stop)));
        return command;
    }

    private Command Explain()
    {
        var subject = new Argument<string?>("subject") { Description = "Path, pid or user.", HelpName = "PATH|PID|USER", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("explain", "Explain in words who holds a lock, who waits for it, since when, and what is safe to do next.")
        {
            subject, _pathBytes, _roots, _json, _ageBy, _greyZone, _policyFile,
        };
        RequireOne(command, subject, _pathBytes);
        RequireBase64(command);
        command.SetAction((parsed, _) => Task.FromResult(ExplainCommand.Run(
            Settings(parsed), terminal, parsed.GetValue(_json),
            PathGiven(parsed) is { } path ? ExplainSubject.Of(path) : ExplainCommand.SubjectOf(parsed.GetValue(subject)!))));
        return command;
    }

    private Command Why()
    {
        var text = new Argument<string[]>("text")
        {
            Description = "A user, an address, a path, a pid, a host, a queue id or a log line. Without it, one line is read from standard input: a log line need not be quoted there.",
            HelpName = "TEXT",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("why", "Say what is in the way of a mailbox, since when, and the single safest next step.") { text, _roots, _json, _ageBy, _greyZone, _policyFile };
        command.SetAction((parsed, stop) => WhyCommand.RunAsync(
            Settings(parsed), terminal, parsed.GetValue(_json), parsed.GetValue(text) is { Length: > 0 } words ? string.Join(' ', words) : Console.In.ReadLine() ?? "", stop));
        return command;
    }

    private Command Top()
    {
        var command = new Command("top", "Show the mailboxes of this host, worst first, until q or Ctrl-C; in a pipe once, with exit code 1 if one needs attention.") { _roots, _ageBy, _greyZone, _policyFile };
        command.SetAction((parsed, stop) => TopCommand.RunAsync(Settings(parsed), terminal, stop));
        return command;
    }

    private Command Replay()
    {
        var file = new Argument<string>("file") { Description = "An incident that was exported on its page in the console.", HelpName = "FILE" };
        var command = new Command("replay", "Print an incident that a console exported: its timeline, with who waited for whom.") { file };
        command.SetAction((parsed, _) => Task.FromResult(ReplayCommand.Run(terminal, parsed.GetValue(file)!)));
        return command;
    }

    private Command Drill()
    {
        var score = new Option<bool>("--score") { Description = "Let this program answer, print a table of what was expected and what it showed, and end. Exit code 0 only if all is right." };
        var quiz = new Option<bool>("--quiz") { Description = "Ask you for verdict and next step of each incident, in random order, and print your score." };
        var command = new Command("drill", "Make nine lock incidents with real processes in a directory of its own, to practise on, until Ctrl-C.") { score, quiz, _json, _wide, _header };
        command.Validators.Add(result =>
        {
            if (result.GetValue(score) && result.GetValue(quiz))
                result.AddError("--score and --quiz cannot be given together.");
            if (result.GetValue(_json) && !result.GetValue(score))
                result.AddError("--json is for --score.");
        });
        command.SetAction((parsed, stop) => DrillCommand.RunAsync(
            terminal, parsed.GetValue(score) ? DrillMode.Score : parsed.GetValue(quiz) ? DrillMode.Quiz : DrillMode.Stay, parsed.GetValue(_json), Shape(parsed), stop));
        command.Add(DrillProcess());
        return command;
    }

    // One of the processes of a drill, which starts it. Not for people.
    private static Command DrillProcess()
    {
        var parent = new Argument<int>("parent");
        var name = new Argument<string>("name");
        var steps = new Argument<string[]>("steps") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(DrillCommand.ProcessWord, "Be a process of a drill.") { parent, name, steps };
        command.Hidden = true;
        command.SetAction(parsed => DrillCommand.RunProcess(parsed.GetValue(parent), parsed.GetValue(name)!, parsed.GetValue(steps) ?? []));
        return command;
    }

    private Command Act(OperatorAction action, string description)
    {
        var path = new Argument<string?>("path") { Description = "The lock or leftover.", HelpName = "PATH", Arity = ArgumentArity.ZeroOrOne };
        var reason = new Option<string?>("--reason") { Description = "Why; recorded in the journal. Required unless --dry-run is given.", HelpName = "TEXT" };
        var fingerprint = new Option<string?>("--fingerprint") { Description = "Act only if a fresh look gives this fingerprint (a field of scan --json).", HelpName = "F" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be done, and do nothing." };
        var command = new Command(Words.Of(action), description)
        {
            path, _pathBytes, reason, fingerprint, dryRun, _breakGlass, _roots, _json, _ageBy, _greyZone, _policyFile, _stateDirectory,
        };
        RequireOne(command, path, _pathBytes);
        RequireReason(command, reason, dryRun);
        RequireBase64(command);
        command.SetAction((parsed, _) =>
        {
            var target = PathGiven(parsed) ?? FilePath.FromText(Path.GetFullPath(parsed.GetValue(path)!));
            return Task.FromResult(ActCommand.Run(
                Settings(parsed), terminal, parsed.GetValue(_json), action, target, parsed.GetValue(reason) ?? "", parsed.GetValue(fingerprint), parsed.GetValue(dryRun), parsed.GetValue(_breakGlass)));
        });
        return command;
    }

    private Command End()
    {
        var pid = new Argument<int>("pid") { Description = "The process that holds the lock or waits for it.", HelpName = "PID" };
        var path = new Option<string>("--lock") { Description = "The locked file or the lock file; a fresh look must show the process on it.", HelpName = "PATH", Required = true };
        var signal = new Option<string>("--signal")
        {
            Description = "ask: have Dovecot end the session; term: SIGTERM; kill: SIGKILL. The policy must allow each of them; by default it allows only ask.",
            HelpName = "ask|term|kill",
            Required = true,
        };
        signal.AcceptOnlyFromAmong("ask", "term", "kill");
        var reason = new Option<string?>("--reason") { Description = "Why; recorded in the journal. Required unless --dry-run is given.", HelpName = "TEXT" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be done, and do nothing." };
        var command = new Command("end", "Ask or force a living process to release a lock; reports whether it did, and who holds the lock next.")
        {
            pid, path, signal, reason, dryRun, _breakGlass, _roots, _json, _policyFile, _stateDirectory,
        };
        RequireReason(command, reason, dryRun);
        command.SetAction((parsed, _) => Task.FromResult(ActCommand.End(
            Settings(parsed), terminal, parsed.GetValue(_json), Words.Action(parsed.GetValue(signal)!)!.Value, parsed.GetValue(pid),
            FilePath.FromText(Path.GetFullPath(parsed.GetValue(path)!)), parsed.GetValue(reason) ?? "", parsed.GetValue(dryRun), parsed.GetValue(_breakGlass))));
        return command;
    }

    private Command Rescue()
    {
        var pid = new Argument<int>("pid") { Description = "The process that writes to a file without a name.", HelpName = "PID" };
        var descriptor = new Argument<int>("fd") { Description = "Its descriptor of that file (from ops locks --json, or ls -l /proc/PID/fd).", HelpName = "FD" };
        var to = new Option<string>("--to") { Description = "File to create with mode 0600; it must not exist.", HelpName = "FILE", Required = true };
        var reason = new Option<string?>("--reason") { Description = "Why; recorded in the journal. Required unless --dry-run is given.", HelpName = "TEXT" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be done, and do nothing." };
        var command = new Command("rescue", "Save the bytes that a process wrote to a file whose path no longer leads to it. Nothing is delivered.")
        {
            pid, descriptor, to, reason, dryRun, _breakGlass, _roots, _json, _policyFile, _stateDirectory,
        };
        RequireReason(command, reason, dryRun);
        command.SetAction((parsed, _) => Task.FromResult(ActCommand.Rescue(
            Settings(parsed), terminal, parsed.GetValue(_json), parsed.GetValue(pid), parsed.GetValue(descriptor),
            FilePath.FromText(Path.GetFullPath(parsed.GetValue(to)!)), parsed.GetValue(reason) ?? "", parsed.GetValue(dryRun), parsed.GetValue(_breakGlass))));
        return command;
    }

    private static void RequireReason(Command command, Option<string?> reason, Option<bool>? dryRun) => command.Validators.Add(result =>
    {
        if ((dryRun is null || !result.GetValue(dryRun)) && string.IsNullOrWhiteSpace(result.GetValue(reason)))
            result.AddError("--reason TEXT is required; it is recorded in the journal.");
    });

    private Command Undo()
    {
        var operation = new Argument<Guid>("operation") { Description = "Id of the operation to undo.", HelpName = "OPERATION" };
        var reason = new Option<string?>("--reason") { Description = "Why; recorded in the journal.", HelpName = "TEXT" };
        var command = new Command("undo", "Put back what a break or removal took, if the name is free.") { operation, reason, _breakGlass, _roots, _json, _policyFile, _stateDirectory };
        command.SetAction((parsed, _) => Task.FromResult(
            ActCommand.About(Settings(parsed), terminal, parsed.GetValue(_json), OperatorAction.Undo, parsed.GetValue(operation), parsed.GetValue(reason) ?? "undone on the command line", parsed.GetValue(_breakGlass))));
        return command;
    }

    private Command Quarantine()
    {
        var command = new Command("quarantine", "List what breaks and removals took and quarantine still keeps.") { _roots, _json, _policyFile, _stateDirectory };
        command.SetAction((parsed, _) => Task.FromResult(QuarantineCommand.Run(Settings(parsed), terminal, parsed.GetValue(_json))));
        return command;
    }

    private Command Purge()
    {
        var operation = new Argument<Guid>("operation") { Description = "Id of the operation whose file is to be removed permanently.", HelpName = "OPERATION" };
        var reason = new Option<string?>("--reason") { Description = "Why; recorded in the journal. Required.", HelpName = "TEXT" };
        var command = new Command("purge", "Permanently remove what a break or removal took. This cannot be undone.") { operation, reason, _breakGlass, _roots, _json, _policyFile, _stateDirectory };
        RequireReason(command, reason, null);
        command.SetAction((parsed, _) => Task.FromResult(
            ActCommand.About(Settings(parsed), terminal, parsed.GetValue(_json), OperatorAction.Purge, parsed.GetValue(operation), parsed.GetValue(reason)!, parsed.GetValue(_breakGlass))));
        return command;
    }

    private Command Watch()
    {
        var command = new Command("watch", "Print findings as they open, change and close, until Ctrl-C.") { _roots, _json, _ageBy, _greyZone, _policyFile };
        command.SetAction((parsed, stop) => WatchCommand.RunAsync(Settings(parsed), terminal, parsed.GetValue(_json), stop));
        return command;
    }

    private Command Agent()
    {
        var console = new Option<string[]>("--console") { Description = "Address of the console; unix:/PATH for the socket of one on this machine, which needs no token. Several, for the consoles of a fleet: the agent connects to one of them, and to the next one when that ends. Default: where this host joined.", HelpName = "URL" };
        var token = new Option<string?>("--token") { Description = "Token from the console's Hosts page, for a host that has not joined. Other users can read it in the process list: prefer --token-file or OPS_TOKEN.", HelpName = "T" };
        var tokenFile = new Option<string?>("--token-file") { Description = "File that holds the token; read again before every connection.", HelpName = "FILE" };
        var name = new Option<string?>("--host-name") { Description = "Name under which the console shows this host. Default: the host's own.", HelpName = "NAME" };
        var allowHttp = new Option<bool>("--allow-http") { Description = "Send the token over a connection that is not encrypted." };
        var logFormat = new Option<string>("--log-format") { Description = "How the log is written to standard output: text, or json with one object a line.", HelpName = "FORMAT", DefaultValueFactory = _ => "text" };
        logFormat.AcceptOnlyFromAmong("text", "json");
        var command = new Command("agent", "Serve a console.")
        {
            console, token, tokenFile, name, allowHttp, logFormat, _roots, _ageBy, _greyZone, _policyFile, _stateDirectory,
        };
        command.Add(Join());
        command.SetAction((parsed, stop) => AgentCommand.RunAsync(
            Settings(parsed, parsed.GetValue(name)), terminal, parsed.GetValue(console)!, parsed.GetValue(token), parsed.GetValue(tokenFile), parsed.GetValue(allowHttp), parsed.GetValue(logFormat) == "json", stop));
        return command;
    }

    private Command Join()
    {
        var consoles = new Argument<string[]>("url") { Description = "Address at which the console expects agents. Several, for the consoles of a fleet.", HelpName = "URL", Arity = ArgumentArity.OneOrMore };
        var token = new Option<string?>("--token") { Description = "Token to join with, from the console's Hosts page; good once. Other users can read it in the process list: prefer --token-file or OPS_TOKEN.", HelpName = "T" };
        var tokenFile = new Option<string?>("--token-file") { Description = "File that holds the token to join with.", HelpName = "FILE" };
        var name = new Option<string?>("--host-name") { Description = "Name under which the console shows this host. Default: the host's own.", HelpName = "NAME" };
        var allowHttp = new Option<bool>("--allow-http") { Description = "Join over a connection that is not encrypted, on this machine only." };
        var command = new Command("join", "Join a console: check its fingerprint, make this host's own key, get a certificate. Afterwards ops agent connects with it.")
        {
            consoles, token, tokenFile, name, allowHttp, _policyFile, _stateDirectory,
        };
        command.SetAction((parsed, stop) => JoinCommand.RunAsync(
            AgentSettings.Load(parsed.GetValue(_policyFile), stateDirectory: parsed.GetValue(_stateDirectory), hostName: parsed.GetValue(name)), terminal,
            parsed.GetValue(consoles)!, parsed.GetValue(token), parsed.GetValue(tokenFile), parsed.GetValue(allowHttp), stop));
        return command;
    }

    private Command Conventions()
    {
        var markdown = new Option<string?>("--markdown") { Description = "Write the documentation pages about verdicts and mail systems below this directory.", HelpName = "DIR" };
        var command = new Command("conventions", "List every known kind of file: where it names its owner, and how it is judged when it names none.") { markdown, _json, _wide, _header };
        command.SetAction((parsed, _) => Task.FromResult(ConventionsCommand.Run(terminal, parsed.GetValue(markdown), parsed.GetValue(_json), Shape(parsed))));
        return command;
    }

    private Command Completion()
    {
        var shell = new Argument<string>("shell") { Description = "The shell that the script is for.", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes commands and options of ops in a shell.") { shell };
        command.SetAction(parsed =>
        {
            terminal.Text(CompletionScript.For(parsed.GetValue(shell)!, parsed.RootCommandResult.Command));
            return ExitCode.Done;
        });
        return command;
    }

    private Command Man()
    {
        var command = new Command("man", "Print the manual page, for example into /usr/local/share/man/man1/ops.1.");
        command.SetAction(parsed =>
        {
            terminal.Text(ManualPage.Of(parsed.RootCommandResult.Command));
            return ExitCode.Done;
        });
        return command;
    }

    private TableShape Shape(ParseResult parsed) => new(parsed.GetValue(_wide), parsed.GetValue(_header));

    private FilePath? PathGiven(ParseResult parsed) => parsed.GetValue(_pathBytes) is { } bytes ? new FilePath(Convert.FromBase64String(bytes)) : null;

    private void RequireBase64(Command command) => command.Validators.Add(result =>
    {
        if (result.GetValue(_pathBytes) is { } text && !Convert.TryFromBase64String(text, new byte[text.Length], out _))
            result.AddError("--path-bytes is not base64.");
    });

    private static void RequireOne(Command command, Argument<string?> argument, Option<string?>? instead) => command.Validators.Add(result =>
    {
        if (string.IsNullOrEmpty(result.GetValue(argument)) && (instead is null || result.GetValue(instead) is null))
            result.AddError($"{argument.HelpName} is missing.");
    });

    private AgentSettings Settings(ParseResult parsed, string? hostName = null)
    {
        var settings = AgentSettings.Load(
            Given(parsed, _policyFile), Given(parsed, _roots), Given(parsed, _stateDirectory), hostName);
        return settings with
        {
            Judging = settings.Judging with
            {
                AgeBy = Given(parsed, _ageBy) is { } word ? Policy.AgeClockOf(word)!.Value : settings.Judging.AgeBy,
                GreyZone = Given(parsed, _greyZone) is { } seconds ? TimeSpan.FromSeconds(Math.Max(0.1, seconds)) : settings.Judging.GreyZone,
            },
        };
    }

    // An option that this command does not have was not given.
    private static T? Given<T>(ParseResult parsed, Option<T> option) =>
        parsed.CommandResult.Command.Options.Contains(option) ? parsed.GetValue(option) : default;
}

using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Ops.Agent;

/// <summary>The manual page, written from the command tree in the language of man(7).</summary>
internal static class ManualPage
{
    private static readonly (string Name, string Text)[] Variables =
    [
        ("NO_COLOR", "If set to a text that is not empty: no colours. TERM=dumb does the same."),
        (AgentCommand.TokenVariable, "The agent's token, if neither --token-file nor --token is given."),
        ("SUDO_USER", "Recorded in the journal as the person who acted, together with sudo."),
    ];

    private static readonly (string Name, string Text)[] Places =
    [
        (Policy.DefaultFile, "Policy of this host: what may be done where, and by whose approval."),
        ("/var/lib/mailstore-ops/journal.jsonl", "Journal of root's acts; a chain of hashes that verify-audit checks."),
        ("~/.local/state/mailstore-ops/journal.jsonl", "Journal of another user's acts."),
        (".ops-quarantine/", "In each mail store: what breaks and removals took, until it is purged."),
    ];

    private static readonly (string Command, string Text)[] Examples =
    [
        ("ops scan --root /var/mail", "Everything below /var/mail, with verdicts."),
        ("ops scan --json | jq -r 'select(.verdict == \"stale\") | .path'", "The paths of all stale locks."),
        ("ops explain alice", "Who holds or waits for locks on the mailboxes of alice."),
        ("ops break /var/mail/alice.lock --dry-run", "What a break would do, or why it would be refused."),
        ("ops break /var/mail/alice.lock --reason \"killed delivery, ticket 123\"", "Take the lock over and release it."),
    ];

    public static string Of(Command root)
    {
        var page = new StringBuilder();
        page.Append(".TH OPS 1 \"\" \"Mailstore Ops\" \"Mailstore Ops\"\n");
        Section("NAME");
        page.Append($"ops \\- {Escape(Lowered(CommandTree.Summary))}\n");
        Section("SYNOPSIS");
        page.Append(".B ops\n.I COMMAND\n.RI [ ARGUMENT ]...\n.RI [ OPTION ]...\n");
        Section("DESCRIPTION");
        Paragraph(CommandTree.Summary);
        page.Append(".PP\n");
        Paragraph("Every verdict rests on evidence that scan --json prints. What cannot be proven is refused. It works without root, reports what it cannot see then, and refuses what it cannot prove.");
        // Those below a command under both names.
        var commands = root.Subcommands.SelectMany(c => c.Subcommands.Where(s => !s.Hidden).Select(s => (Command: s, Name: $"{c.Name} {s.Name}")).Prepend((Command: c, c.Name))).ToList();
        Section("COMMANDS");
        foreach (var (command, name) in commands)
            Item(Usage(command, name), command.Description);
        Section("OPTIONS");
        foreach (var same in commands.SelectMany(c => c.Command.Options.Select(o => (c.Name, Option: o))).GroupBy(x => (x.Option.Name, x.Option.Description)).OrderBy(g => g.Key.Name, StringComparer.Ordinal))
            Item($"\\fB{Escape(same.Key.Name)}\\fR{Value(same.First().Option)}", $"{same.Key.Description} Used by {string.Join(", ", same.Select(x => x.Name))}.");
        foreach (var option in root.Options.OrderBy(o => o.Name, StringComparer.Ordinal))
            Item($"\\fB{Escape(option.Name)}\\fR", option.Description);
        Section("OUTPUT");
        Paragraph("On a terminal: a table that fits it. Columns are left out and directories in the middle of paths are cut where it is too narrow; --wide shows all. In a pipe: lines separated by tabs, with the names of the columns if --header is given. Control characters in names are always escaped. The age of a kernel lock, or of a wait, is that of its process: it cannot be older. Fields of the JSON may be added, never removed or renamed; docs/schema describes them.");
        Section("EXIT STATUS");
        foreach (var (code, meaning) in ExitCode.All)
            Item($"\\fB{code.ToString(CultureInfo.InvariantCulture)}\\fR", meaning);
        Section("ENVIRONMENT");
        foreach (var (name, text) in Variables)
            Item($"\\fB{Escape(name)}\\fR", text);
        Section("FILES");
        foreach (var (name, text) in Places)
            Item($"\\fI{Escape(name)}\\fR", text);
        Section("EXAMPLES");
        foreach (var (command, text) in Examples)
            Item(Escape(command), text);
        Section("SEE ALSO");
        page.Append(".BR lslocks (8),\n.BR fcntl (2),\n.BR flock (2),\n.BR proc_locks (5)\n");
        return page.ToString();

        void Section(string name) => page.Append($".SH {(name.Contains(' ') ? $"\"{name}\"" : name)}\n");
        void Paragraph(string text) => page.Append(Escape(text)).Append('\n');
        void Item(string tag, string? text) => page.Append($".TP\n{tag}\n{Escape(text ?? "")}\n");
    }

    private static string Usage(Command command, string name)
    {
        var usage = new StringBuilder($"\\fBops {Escape(name)}\\fR");
        foreach (var argument in command.Arguments)
            usage.Append(argument.Arity.MinimumNumberOfValues == 0 ? $" [\\fI{Escape(argument.HelpName!)}\\fR]" : $" \\fI{Escape(argument.HelpName!)}\\fR");
        foreach (var option in command.Options.OrderBy(o => !o.Required))
        {
            var text = $"\\fB{Escape(option.Name)}\\fR{Value(option)}";
            usage.Append(option.Required ? $" {text}" : $" [{text}]{(option.Arity.MaximumNumberOfValues > 1 ? "..." : "")}");
        }
        return usage.ToString();
    }

    private static string Value(Option option) => ValueText.IsTaken(option) ? $" \\fI{Escape(option.HelpName!)}\\fR" : "";

    private static string Lowered(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.');

    private static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        // A line that begins so would be a request.
        return escaped is ['.' or '\'', ..] ? "\\&" + escaped : escaped;
    }
}

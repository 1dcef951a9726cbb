using System.CommandLine;
using System.Text;

namespace Ops.Agent;

/// <summary>Scripts that complete the command line in a shell, written from the command tree.</summary>
internal static class CompletionScript
{
    /// <param name="shell"><c>bash</c>, <c>zsh</c> or <c>fish</c>.</param>
    public static string For(string shell, Command root) => shell switch
    {
        "bash" => Bash(root),
        "zsh" => Zsh(root),
        "fish" => Fish(root),
        _ => throw new ArgumentOutOfRangeException(nameof(shell)),
    };

    private static string Bash(Command root)
    {
        var options = root.Subcommands.SelectMany(c => c.Options).DistinctBy(o => o.Name).Where(ValueText.IsTaken).ToList();
        var script = new StringBuilder("""
            # Completes ops in bash. Written by: ops completion bash
            _ops() {
                local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    if [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi
                done
                COMPREPLY=()
                if [[ -n $command ]]; then
                    case $before in

            """);
        foreach (var same in options.GroupBy(o => Completed(o.HelpName)))
            script.Append($"            {string.Join('|', same.Select(o => o.Name))}) {same.Key}; return ;;\n");
        script.Append("""
                    esac
                fi
                case $command in
                    "") _ops_words "
            """);
        script.Append($"{string.Join(' ', root.Subcommands.Select(c => c.Name))} --help --version\" ;;\n");
        foreach (var command in root.Subcommands)
            script.Append($"        {command.Name}) if [[ $cur == -* ]]; then _ops_words \"{string.Join(' ', Names(command))}\"; else {(Below(command) is [_, ..] below ? $"_ops_words \"{string.Join(' ', below)}\"" : Completed(command.Arguments is [var first, ..] ? first.HelpName : null))}; fi ;;\n");
        script.Append("""
                esac
            }
            _ops_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
            _ops_paths() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen "$1" -- "$cur"); }
            complete -F _ops ops

            """);
        return script.ToString();

        static string Completed(string? helpName) => ValueText.Of(helpName) switch
        {
            { Words: [_, ..] words } => $"_ops_words \"{string.Join(' ', words)}\"",
            { Paths: PathValue.Directory } => "_ops_paths -d",
            { Paths: PathValue.Any } => "_ops_paths -f",
            _ => ":",
        };
    }

    private static string Zsh(Command root)
    {
        var script = new StringBuilder("""
            #compdef ops
            # Completes ops in zsh. Written by: ops completion zsh
            _ops() {
              local -a commands=(

            """);
        foreach (var command in root.Subcommands)
            script.Append($"    {Quoted($"{command.Name}:{Brief(command).Replace(":", "\\:", StringComparison.Ordinal)}")}\n");
        script.Append("""
              )
              if (( CURRENT == 2 )); then
                _describe -t commands 'ops command' commands
                return
              fi
              local command=$words[2]
              words=("${(@)words[2,-1]}")
              (( CURRENT-- ))
              case $command in

            """);
        foreach (var command in root.Subcommands)
        {
            script.Append($"    {command.Name}) _arguments");
            foreach (var option in command.Options)
                script.Append($" \\\n      {Quoted($"{(option.Arity.MaximumNumberOfValues > 1 ? "*" : "")}{option.Name}[{InBrackets(Brief(option))}]{(ValueText.IsTaken(option) ? Completed(option.HelpName) : "")}")}");
            foreach (var argument in command.Arguments)
                script.Append($" \\\n      {Quoted($"{(argument.Arity.MinimumNumberOfValues == 0 ? ":" : "")}{Completed(argument.HelpName)}")}");
            if (Below(command) is [_, ..] below)
                script.Append($" \\\n      '::COMMAND:({string.Join(' ', below)})'");
            script.Append(" \\\n      '--help[Show help]' ;;\n");
        }
        script.Append("""
              esac
            }
            # Loaded by its name, or read as a script.
            if [[ $funcstack[1] == _ops ]]; then _ops "$@"; else compdef _ops ops; fi

            """);
        return script.ToString();

        static string Completed(string? helpName) => ValueText.Of(helpName) switch
        {
            { Words: [_, ..] words } => $":{helpName}:({string.Join(' ', words)})",
            { Paths: PathValue.Directory } => $":{helpName}:_files -/",
            { Paths: PathValue.Any } => $":{helpName}:_files",
            _ => $":{helpName}: ",
        };
    }

    private static string Fish(Command root)
    {
        var script = new StringBuilder("""
            # Completes ops in fish. Written by: ops completion fish
            complete -c ops -f
            complete -c ops -n __fish_use_subcommand -l version -d 'Show the version'
            complete -c ops -l help -d 'Show help'

            """);
        foreach (var command in root.Subcommands)
            script.Append($"complete -c ops -n __fish_use_subcommand -a {command.Name} -d {Quoted(Brief(command))}\n");
        foreach (var command in root.Subcommands)
        {
            var here = $"complete -c ops -n '__fish_seen_subcommand_from {command.Name}'";
            foreach (var option in command.Options)
                script.Append($"{here} -l {option.Name[2..]}{(ValueText.IsTaken(option) ? Completed(option.HelpName) : "")} -d {Quoted(Brief(option))}\n");
            foreach (var below in Below(command))
                script.Append($"{here} -a {below}\n");
            foreach (var argument in command.Arguments.Where(a => ValueText.Of(a.HelpName) is { Words.Count: > 0 } or { Paths: not PathValue.None }))
                script.Append($"{here}{(ValueText.Of(argument.HelpName) is { Words: [_, ..] words } ? $" -a '{string.Join(' ', words)}'" : " -F")}\n");
        }
        return script.ToString();

        static string Completed(string? helpName) => ValueText.Of(helpName) switch
        {
            { Words: [_, ..] words } => $" -x -a '{string.Join(' ', words)}'",
            { Paths: PathValue.Directory } => " -x -a '(__fish_complete_directories)'",
            { Paths: PathValue.Any } => " -r -F",
            _ => " -x",
        };
    }

    private static string[] Below(Command command) => [.. command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)];

    private static IEnumerable<string> Names(Command command) => command.Options.Select(o => o.Name).Append("--help");

    /// <summary>The first sentence, without its full stop.</summary>
    private static string Brief(Symbol symbol) => (symbol.Description ?? "").Split(". ")[0].TrimEnd('.');

    private static string InBrackets(string text) => text.Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

internal enum PathValue
{
    None,
    Directory,
    Any,
}

/// <summary>What may follow an option or stand for an argument, as its name in the help shows it: <c>DIR</c>, <c>FILE</c>, <c>PATH|PID|USER</c>, <c>both|mtime|ctime</c>.</summary>
/// <param name="Words">All values that there are; empty when any text will do.</param>
internal sealed record ValueText(IReadOnlyList<string> Words, PathValue Paths)
{
    public static ValueText Of(string? helpName) => helpName switch
    {
        null => new([], PathValue.None),
        "DIR" => new([], PathValue.Directory),
        "FILE" => new([], PathValue.Any),
        _ when helpName.Split('|').Contains("PATH") => new([], PathValue.Any),
        _ when helpName.Contains('|') && !helpName.Any(char.IsUpper) => new(helpName.Split('|'), PathValue.None),
        _ => new([], PathValue.None),
    };

    public static bool IsTaken(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
}

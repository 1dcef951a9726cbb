using System.CommandLine;
using System.Diagnostics;

namespace Ops.Agent.Tests;

/// <summary>Shell completion and the manual page: both are written from the command tree.</summary>
public sealed class CompletionTests
{
    private static readonly RootCommand Root = new CommandTree(new Terminal(TextWriter.Null, TextWriter.Null, null, false)).Root();

    [Theory]
    [InlineData("ops ver", "verify-audit")]
    [InlineData("ops scan --age-by ", "both mtime ctime")]
    [InlineData("ops end 4711 --signal k", "kill")]
    [InlineData("ops completion ", "bash zsh fish")]
    [InlineData("ops undo --rea", "--reason")]
    [InlineData("ops break --reason ", "")]
    [InlineData("ops man ", "")]
    public async Task Bash_completes_a_line(string line, string expected) => Assert.Equal(expected, await BashAsync(line));

    [Fact]
    public async Task Bash_completes_the_path_of_a_lock_and_only_directories_aRoots()
    {
        using var directory = new Scratch();
        directory.Write(directory.File("alice.lock"));
        Directory.CreateDirectory(directory.File("alice.d"));
        Assert.Equal(directory.File("alice.lock"), await BashAsync($"ops break {directory.File("alice.l")}"));
        Assert.Equal(directory.File("alice.d"), await BashAsync($"ops scan --root {directory.File("al")}"));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_command_and_option_is_in_the_script(string shell)
    {
        var (code, script, _) = await Store.Ops("completion", shell);
        Assert.Equal(ExitCode.Done, code);
        Assert.All(Root.Subcommands, command => Assert.Contains(command.Name, script, StringComparison.Ordinal));
        Assert.All(Root.Subcommands.SelectMany(c => c.Options), option => Assert.Contains(option.Name[2..], script, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_shell_is_a_usage_error() => Assert.Equal(ExitCode.Usage, (await Store.Ops("completion", "tcsh")).Code);

    [Fact]
    public async Task The_manual_page_in_the_docs_is_what_the_program_prints()
    {
        var (code, page, _) = await Store.Ops("man");
        Assert.Equal(ExitCode.Done, code);
        Repository.Check("docs/man/ops.1", page);
    }

    [Fact]
    public void Every_command_and_option_has_a_description_that_is_a_sentence()
    {
        Assert.All(Root.Subcommands.SelectMany(c => c.Options.Select(o => (Name: $"{c.Name} {o.Name}", o.Description)).Append((c.Name, c.Description))),
            symbol => Assert.True(symbol.Description is [.., '.'], symbol.Name));
    }

    [Fact]
    public void Every_command_and_option_is_in_the_docs()
    {
        var docs = Repository.Read("docs/command-line.md");
        Assert.All(Root.Subcommands, command => Assert.Contains($"`ops {command.Name}", docs, StringComparison.Ordinal));
        Assert.All(Root.Subcommands.SelectMany(c => c.Options), option => Assert.Contains($"| `{option.Name}", docs, StringComparison.Ordinal));
        Assert.All(ExitCode.All, exit => Assert.Contains($"| {exit.Code} |", docs, StringComparison.Ordinal));
    }

    /// <summary>What bash would offer after this line, as readline asks for it.</summary>
    private static async Task<string> BashAsync(string line)
    {
        var words = line.Split(' ');
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("--norc");
        using var bash = Process.Start(start)!;
        var (output, errors) = (bash.StandardOutput.ReadToEndAsync(), bash.StandardError.ReadToEndAsync());
        await bash.StandardInput.WriteAsync(CompletionScript.For("bash", Root)
            + $"COMP_WORDS=({string.Join(' ', words.Select(w => $"'{w}'"))}); COMP_CWORD={words.Length - 1}; _ops; echo \"${{COMPREPLY[*]}}\"\n");
        bash.StandardInput.Close();
        await bash.WaitForExitAsync();
        Assert.Equal("", await errors);
        return (await output).TrimEnd('\n');
    }
}

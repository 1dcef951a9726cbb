using System.Globalization;

namespace Ops.Linux.Tests.Readers;

/// <summary>Programs of others, with the shell as one of them.</summary>
public sealed class TrustedProgramTests : IDisposable
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void It_has_no_environment_no_input_the_lowest_priority_and_a_group_of_its_own()
    {
        var (end, lines) = Run("/usr/bin/env; cat; nice; echo $$; cut -d' ' -f5,6 /proc/$$/stat", Generous);

        Assert.Equal(new ProgramEnd(null, ""), end);
        Assert.Equal(["LC_ALL", "PATH", "PWD"], lines.Where(l => l.Contains('=', StringComparison.Ordinal)).Select(l => l[..l.IndexOf('=', StringComparison.Ordinal)]).Where(n => n != "_").Order(StringComparer.Ordinal));
        var rest = lines.Where(l => l.Length > 0 && !l.Contains('=', StringComparison.Ordinal)).ToList();
        Assert.Equal(["19", rest[1], $"{rest[1]} {rest[1]}"], rest);
    }

    [Fact]
    public void It_is_killed_with_what_it_started()
    {
        var (end, lines) = RunUntilItsFirstLine("sleep 1000 & echo $!; wait");

        Assert.Equal("It was stopped with the agent.", end.Problem);
        var child = int.Parse(lines[0], CultureInfo.InvariantCulture);
        // Killed and not collected yet is ended too.
        Assert.True(SpinWait.SpinUntil(() => !File.Exists($"/proc/{child}/stat") || File.ReadAllText($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal), Generous), "what it started still runs");
    }

    [Fact]
    public void At_its_limit_it_is_killed() => Assert.Equal("It did not end within 0.1 s.", Run("exec sleep 1000", TimeSpan.FromSeconds(0.1)).End.Problem);

    [Fact]
    public void A_child_that_keeps_the_output_open_does_not_hold_it_up()
    {
        var (end, lines) = RunUntilItsFirstLine("sleep 3 & echo said");

        Assert.Equal("It was stopped with the agent.", end.Problem);
        Assert.Equal("said", lines[0]);
    }

    [Fact]
    public void Output_beyond_the_limit_is_not_read()
    {
        var bytes = 0L;
        var end = new TrustedProgram("/bin/sh", Generous) { MostBytes = 1024 * 1024 }.Run(["-c", "while :; do echo 0123456789012345678901234567890123456789; done"], l => bytes += l.Length + 1, CancellationToken.None);

        Assert.Equal("It said more than 1 MiB; the rest was not read.", end.Problem);
        Assert.InRange(bytes, 1, 1024 * 1024 + 1);
    }

    [Fact]
    public void A_line_without_an_end_is_left_out()
    {
        var (end, lines) = Run("head -c 3000000 /dev/zero; echo; echo said", Generous);

        Assert.Equal("1 lines are too long and were left out.", end.Problem);
        Assert.Equal(["said", ""], lines);
    }

    [Fact]
    public void A_failure_is_reported_with_what_it_said() =>
        Assert.Equal(new ProgramEnd("It ended with code 69.", "fatal: no such queue"), Run("echo 'fatal: no such queue' >&2; exit 69", Generous).End);

    [Fact]
    public void A_program_that_others_could_change_is_not_started()
    {
        var script = Path.Join(_scratch.Path, "postqueue");
        File.WriteAllText(script, "#!/bin/sh\necho started\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        List<string> lines = [];

        var end = new TrustedProgram(script, Generous).Run([], lines.Add, CancellationToken.None);

        Assert.EndsWith("so it is not started.", end.Problem, StringComparison.Ordinal);
        Assert.Empty(lines);
    }

    [Theory]
    [InlineData("postqueue", "postqueue is not an absolute path.")]
    [InlineData("/usr/sbin/no-such-program", "/usr/sbin/no-such-program is not installed.")]
    public void A_program_that_is_not_there_is_not_started(string path, string problem) =>
        Assert.Equal(problem, new TrustedProgram(path, Generous).Run([], static _ => Assert.Fail("it said something"), CancellationToken.None).Problem);

    private static (ProgramEnd End, List<string> Lines) Run(string script, TimeSpan limit)
    {
        List<string> lines = [];
        return (new TrustedProgram("/bin/sh", limit).Run(["-c", script], lines.Add, CancellationToken.None), lines);
    }

    // It is stopped as soon as it has said something, however slow the machine is.
    private static (ProgramEnd End, List<string> Lines) RunUntilItsFirstLine(string script)
    {
        using var stop = new CancellationTokenSource();
        List<string> lines = [];
        var end = new TrustedProgram("/bin/sh", Generous).Run(["-c", script], Take, stop.Token);
        return (end, lines);

        void Take(string line)
        {
            lines.Add(line);
            stop.Cancel();
        }
    }
}

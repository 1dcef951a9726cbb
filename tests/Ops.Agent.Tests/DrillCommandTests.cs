using Ops.Incidents;
using Ops.Linux;

namespace Ops.Agent.Tests;

/// <summary>What of a drill needs no processes; the drill itself runs in the end-to-end tests.</summary>
public sealed class DrillCommandTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 28, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_quiz_without_a_terminal_says_what_to_use_in_its_place()
    {
        var (code, output, errors) = await Store.Ops("drill", "--quiz");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal("", output);
        Assert.Contains("--score", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--score", "--quiz")]
    [InlineData("--json", "--quiz")]
    [InlineData("--json", "--wide")]
    public async Task Options_that_contradict_each_other_are_a_usage_error(params string[] options) =>
        Assert.Equal(ExitCode.Usage, (await Store.Ops(["drill", .. options])).Code);

    [Fact]
    public void Steps_survive_the_way_through_a_command_line()
    {
        DrillStep[] steps = [new(DrillVerb.Create, "/s/a name.lock", DrillStep.Pid + "\n"), new(DrillVerb.Pause), new(DrillVerb.Lock, "/s/a name")];

        Assert.Equal(steps, DrillStep.FromArguments([.. DrillStep.ToArguments(steps)]));
    }

    [Theory]
    [InlineData("Create", "/s/a")]
    [InlineData("Format", "/s/a", "")]
    [InlineData("99", "/s/a", "")]
    public void Words_that_are_no_steps_are_refused(params string[] words) => Assert.Null(DrillStep.FromArguments(words));

    [Theory]
    [InlineData("/usr/bin/ops", "ops", "/usr/bin/ops", "")]
    [InlineData("/usr/bin/dotnet", "/opt/ops/ops.dll", "/usr/bin/dotnet", "/opt/ops/ops.dll")]
    public void The_program_starts_itself_as_it_was_started(string process, string first, string program, string before)
    {
        var own = DrillProgram.Of(process, first);

        Assert.Equal((program, before), (own.Program, string.Join(' ', own.Arguments)));
    }

    [Fact]
    public async Task A_process_of_a_drill_refuses_words_that_are_no_steps()
    {
        using var directory = new Scratch();

        var (code, _, _) = await Store.Ops("drill", "process", "1", "nobody", "Create");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void A_quiz_takes_words_and_numbers_and_shows_the_right_answer()
    {
        var (scores, text) = Quiz(["stale", "6", "held", "resume"], DrillIncident.KilledHolder, DrillIncident.FrozenHolder);

        Assert.Equal([true, true], scores.Select(s => s.IsRight));
        Assert.Contains("1 of 2: what is wrong with /s/anna?", text, StringComparison.Ordinal);
        Assert.Contains("Right: stale, break. A delivery was killed while it had the dot lock.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quiz_asks_again_after_a_word_that_it_does_not_know()
    {
        var (scores, text) = Quiz(["dunno", "0", "refused", "break"], DrillIncident.TwoBreakers);

        Assert.Equal(["break"], Assert.Single(scores).Dangers);
        Assert.Contains("Type a word or a number from 1 to", text, StringComparison.Ordinal);
        Assert.Contains("Wrong: refused, look.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quiz_that_is_left_counts_what_was_answered() => Assert.Single(Quiz(["refused", "look", "held"], DrillIncident.EmptyLock, DrillIncident.ForeignHost).Scores);

    private static (IReadOnlyList<DrillScore> Scores, string Text) Quiz(string[] typed, params DrillIncident[] incidents)
    {
        var (lines, output) = (new Queue<string>(typed), new StringWriter());
        var quiz = new DrillQuiz(new Terminal(output, TextWriter.Null, 80, false), () => lines.TryDequeue(out var line) ? line : null, TimeProvider.System);
        return (quiz.Ask([.. incidents.Select(i => new DrillMade(i, "/s/" + i.Mailbox, At))], "/s/policy.json"), output.ToString());
    }
}

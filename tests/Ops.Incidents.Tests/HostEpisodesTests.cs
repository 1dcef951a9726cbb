namespace Ops.Incidents.Tests;

public sealed class HostEpisodesTests
{
    private const string Alice = "/var/mail/alice";
    private static readonly Guid Boot = Guid.Parse("797c6de7-0a26-4cad-acba-1f980bea0c1f");
    private static readonly Finding Held = Given.Held(Alice, 10, mailbox: Alice);

    // What a look finds of a process that ends at that moment.
    private static readonly Finding Unread = Held with { Process = null, Owner = Held.Owner! with { StartTicks = null } };

    private readonly HostEpisodes _host = new("h1");

    [Fact]
    public void A_lock_of_less_than_a_second_without_waiters_is_only_counted()
    {
        Assert.Empty(At(0, Held).Steps);

        var gone = At(0.9);

        Assert.Empty(gone.Steps);
        Assert.Equal(1, gone.Brief);
    }

    [Fact]
    public void A_lock_that_lasts_is_an_episode_and_its_end_is_released()
    {
        At(0, Held);
        var opened = Assert.Single(At(2, Held).Steps);
        Assert.Equal(StepKind.Opened, opened.Kind);
        Assert.Equal(EpisodeCause.Held, opened.Episode.Cause);
        Assert.Equal(Given.Now, opened.Episode.OpenedAt);
        Assert.Equal(("imap", 10), (opened.Episode.Holder.Program, opened.Episode.Holder.Pid));

        var closed = Assert.Single(At(3).Steps);

        Assert.Equal(StepKind.Closed, closed.Kind);
        Assert.Equal(EpisodeEnd.Released, closed.Episode.End);
        Assert.Equal(Given.Now.AddSeconds(3), closed.Episode.ClosedAt);
        Assert.Equal(TimeSpan.FromSeconds(2), closed.Episode.Lasted);
    }

    [Fact]
    public void Waiting_times_of_all_victims_add_up_and_the_most_at_once_is_kept()
    {
        At(0, Held, Waits(11, 0));
        At(5, Held, Waits(11, 0), Waits(12, 4));
        var step = At(10, Held, Waits(12, 4)).Steps.Single();

        Assert.Equal(2, step.Episode.MostVictims);
        // 11 waited from 0 to 5 at least, 12 from 4 to 10.
        Assert.Equal(11, step.Episode.BlockedSeconds, 3);
        Assert.Equal(EpisodeCause.Waited, step.Episode.Cause);
    }

    [Fact]
    public void A_short_lock_for_which_a_process_waits_is_an_episode()
    {
        var opened = Assert.Single(At(0, Held, Waits(11, 0)).Steps);

        Assert.Equal(StepKind.Opened, opened.Kind);
        Assert.Equal(EpisodeCause.Waited, opened.Episode.Cause);
    }

    [Fact]
    public void A_lock_that_went_while_its_host_was_silent_ended_unknown()
    {
        At(0, Held);
        At(2, Held);
        Silent(10);
        Silent(60);

        var closed = Assert.Single(At(70).Steps).Episode;

        Assert.Equal(EpisodeEnd.Unknown, closed.End);
        Assert.Equal(Given.Now.AddSeconds(2), closed.LastSeenAt);
    }

    [Fact]
    public void A_lock_that_is_still_there_after_silence_goes_on_with_a_gap()
    {
        At(0, Held);
        At(2, Held);
        Silent(10);

        var step = Assert.Single(At(20, Held).Steps);

        Assert.Equal(StepKind.Changed, step.Kind);
        Assert.True(step.Episode.HasGap);
        Assert.Null(step.Episode.End);
        Assert.Equal(EpisodeEnd.Released, Assert.Single(At(21).Steps).Episode.End);
    }

    [Fact]
    public void An_episode_that_was_open_when_the_console_ended_is_unknown_if_it_is_gone_at_the_first_look()
    {
        At(0, Held);
        var open = At(2, Held).Steps.Single().Episode;
        var later = new HostEpisodes("h1");
        later.Resume(open);

        var closed = Assert.Single(later.Look(Look(100, true, [])).Steps).Episode;

        Assert.Equal((open.Number, EpisodeEnd.Unknown), (closed.Number, closed.End));
    }

    [Fact]
    public void A_kernel_lock_that_is_gone_after_a_restart_of_the_host_ended_with_its_holder()
    {
        At(0, Held);
        At(2, Held);
        Silent(10);

        var closed = Assert.Single(_host.Look(Look(60, true, [], boot: Guid.NewGuid())).Steps).Episode;

        Assert.Equal(EpisodeEnd.HolderDied, closed.End);
    }

    [Fact]
    public void A_holder_whose_lock_file_has_no_living_owner_died_and_its_stale_file_is_an_episode_of_its_own()
    {
        var live = Given.DotLock(Alice + ".lock", "held", pid: 77, isAlive: true);
        At(0, live);
        At(2, live);

        var steps = At(3, Given.DotLock(Alice + ".lock", "stale", pid: 77, isAlive: false)).Steps;

        var died = Assert.Single(steps, s => s.Kind == StepKind.Closed).Episode;
        Assert.Equal(EpisodeEnd.HolderDied, died.End);
        var stale = Assert.Single(steps, s => s.Kind == StepKind.Opened).Episode;
        Assert.Equal(EpisodeCause.Stale, stale.Cause);
    }

    [Fact]
    public void A_stale_lock_that_an_act_took_was_broken_by_its_person()
    {
        var stale = Given.DotLock(Alice + ".lock", "stale", pid: 77, isAlive: false);
        At(0, stale);
        var act = new EndedAct("h1", Guid.NewGuid(), "break", "anna", stale.Key, stale.Path, Given.Now.AddSeconds(4));

        var closed = Assert.Single(_host.Look(Look(5, true, [], acts: [act])).Steps).Episode;

        Assert.Equal((EpisodeEnd.Broken, "anna", act.Operation), (closed.End, closed.EndedBy, closed.Operation));
    }

    [Fact]
    public void An_act_that_is_reported_after_the_lock_is_gone_corrects_how_it_ended()
    {
        var stale = Given.DotLock(Alice + ".lock", "stale", pid: 77, isAlive: false);
        At(0, stale);
        Assert.Equal(EpisodeEnd.Removed, Assert.Single(At(5).Steps).Episode.End);

        var step = Assert.Single(_host.Look(Look(7, true, [], acts: [new("h1", Guid.NewGuid(), "break", "anna", stale.Key, stale.Path, Given.Now.AddSeconds(5))])).Steps);

        Assert.Equal((StepKind.Changed, EpisodeEnd.Broken, "anna"), (step.Kind, step.Episode.End, step.Episode.EndedBy));
    }

    [Fact]
    public void A_stale_lock_that_goes_after_the_time_of_its_own_software_healed_itself()
    {
        var stale = Given.DotLock(Alice + ".lock", "stale", pid: 77, isAlive: false) with { SelfHealsAt = Given.Now.AddSeconds(60) };
        At(0, stale);

        Assert.Equal(EpisodeEnd.SelfHealed, Assert.Single(At(61).Steps).Episode.End);
    }

    [Fact]
    public void A_stopped_holder_with_waiters_is_no_progress_and_that_stays_its_cause()
    {
        At(0, Given.Held(Alice, 10, state: "T", mailbox: Alice), Waits(11, 0));

        Assert.Equal(EpisodeCause.NoProgress, At(20, Held).Steps.Single().Episode.Cause);
    }

    [Fact]
    public void Another_holder_of_the_same_mailbox_is_another_episode()
    {
        At(0, Held);
        At(2, Held);

        var steps = At(4, Given.Held(Alice, 12, mailbox: Alice), Waits(13, 3, by: 12)).Steps;

        Assert.Equal([StepKind.Opened, StepKind.Closed], steps.Select(s => s.Kind).Order());
        Assert.Equal(2, steps.Select(s => s.Episode.Number).Distinct().Count());
    }

    [Fact]
    public void A_holder_whose_start_is_unknown_at_one_look_is_the_same_episode()
    {
        At(0, Unread);
        var opened = Assert.Single(At(2, Held).Steps).Episode;
        At(3, Unread);

        var closed = Assert.Single(At(4).Steps);

        Assert.Equal((StepKind.Closed, opened.Number, "imap"), (closed.Kind, closed.Episode.Number, closed.Episode.Holder.Program));
    }

    [Fact]
    public void A_host_that_is_followed_no_longer_leaves_its_open_episodes_with_an_unknown_end()
    {
        At(0, Held);
        At(2, Held);

        var closed = Assert.Single(_host.Leave(Given.Now.AddSeconds(5)).Steps).Episode;

        Assert.Equal((EpisodeEnd.Unknown, Given.Now.AddSeconds(5)), (closed.End, closed.ClosedAt));
        Assert.Equal(0, _host.Open);
    }

    [Fact]
    public void Episodes_that_go_on_are_stored_again_at_different_times()
    {
        Finding[] many = [.. Enumerable.Range(0, 8).Select(i => Given.Held($"/var/mail/u{i}", 100 + i, mailbox: $"/var/mail/u{i}"))];
        At(0, many);
        At(1, many);

        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], Enumerable.Range(9, 8).Select(second => At(second, many).Steps.Count(s => s.Worth)));
    }

    [Fact]
    public void Numbers_sort_by_opening_time()
    {
        var early = EpisodeNumbers.Of(Given.Now, 500_000);
        var late = EpisodeNumbers.Of(Given.Now.AddMilliseconds(1), 1);

        Assert.True(early < late);
        Assert.True(EpisodeNumbers.First(Given.Now) <= early);
        Assert.NotEqual(EpisodeNumbers.Of(Given.Now, 1), EpisodeNumbers.Of(Given.Now, 2));
    }

    private EpisodeChanges At(double seconds, params Finding[] findings) => _host.Look(Look(seconds, true, findings));

    private void Silent(double seconds) => Assert.Same(EpisodeChanges.None, _host.Look(Look(seconds, false, [])));

    private static Finding Waits(int pid, double since, int by = 10) => Given.Waiting(Alice, pid, by, mailbox: Alice) with { Since = Given.Now.AddSeconds(since) };

    private static HostLook Look(double seconds, bool isHeard, IReadOnlyList<Finding> findings, Guid? boot = null, params IReadOnlyList<EndedAct> acts)
    {
        var at = Given.Now.AddSeconds(seconds);
        return new("h1", "mx1", at, isHeard, boot ?? Boot, MailboxBoard.Of(findings, at), findings, acts);
    }
}

using Ops.Web.Features.Wall;
using Ops.Web.Live;

namespace Ops.Web.Tests.Wall;

public sealed class WallBoardTests
{
    private readonly ManualClock _clock = new();
    private readonly LiveState _live;

    public WallBoardTests() => _live = new(_clock);

    [Fact]
    public void Before_a_host_has_reported_nothing_is_called_fine()
    {
        Assert.Equal(("No agent is connected yet.", "neutral"), (Board().Sentence, Board().Tone));

        Connect("mail1");
        Assert.Equal(("The first scan is under way.", "neutral"), (Board().Sentence, Board().Tone));

        _live.Replace("mail1", [], s => s);
        Assert.Equal(("No mailbox is stuck. No process waits.", "success"), (Board().Sentence, Board().Tone));
    }

    [Fact]
    public void The_worst_mailboxes_are_shown_and_the_others_counted()
    {
        Connect("mail1");
        _live.Replace("mail1", [.. Golden.Deadlock, .. Enumerable.Range(10, 12).Select(i => Some.Finding($"u{i}", "stale") with { Mailbox = $"/var/mail/u{i}" })], s => s);

        var board = Board();

        Assert.Equal(WallBoard.MostMailboxes, board.Mailboxes.Count);
        Assert.Equal((MailboxState.Deadlocked, "box", "/var/mail/box"), (board.Mailboxes[0].State, board.Mailboxes[0].Name, board.Mailboxes[0].Path));
        Assert.Equal((5, 13, "danger"), (board.More, board.Stuck, board.Tone));
    }

    [Fact]
    public void A_host_that_is_late_is_silent_before_it_counts_as_lost_and_comes_first()
    {
        Connect("mail1");
        Connect("mail2");
        _live.Replace("mail1", [], s => s);
        _live.Replace("mail2", [], s => s);
        _clock.Advance(WallBoard.LateAfter + TimeSpan.FromSeconds(1));
        _live.SetStatus(Status("mail2"));

        var board = Board();

        Assert.Equal([("mail1", true, false), ("mail2", false, false)], board.Hosts.Select(h => (h.Name, h.IsSilent, h.IsLost)));
        Assert.StartsWith("Partial view: 1 host of 2 does not report.", board.Warnings[0], StringComparison.Ordinal);
        Assert.Null(board.Frozen);
    }

    [Fact]
    public void A_board_without_a_host_that_reports_is_frozen_and_says_for_how_long()
    {
        Connect("mail1");
        _live.Replace("mail1", [], s => s);
        _clock.Advance(TimeSpan.FromSeconds(75));

        Assert.Equal("No agent has reported for 1 m 15 s. What is below was so then.", Board().Frozen);
    }

    [Fact]
    public void What_the_console_itself_must_say_is_on_the_wall_too()
    {
        Connect("mail1");
        _live.SetAlert("The audit cannot be written.", on: true);

        Assert.Equal(["The audit cannot be written."], Board().Warnings);
    }

    [Fact]
    public void Of_many_hosts_the_silent_and_the_stuck_are_shown_first_and_the_rest_counted()
    {
        for (var i = 10; i < 50; i++)
        {
            Connect($"mail{i}");
            _live.Replace($"mail{i}", i == 49 ? [Some.Finding("a", "stale", host: "mail49") with { Mailbox = "/var/mail/a" }] : [], s => s);
        }

        var board = Board();

        Assert.Equal(("mail49", 1), (board.Hosts[0].Name, board.Hosts[0].Stuck));
        Assert.Equal((WallBoard.MostHosts, 40 - WallBoard.MostHosts), (board.Hosts.Count, board.MoreHosts));
    }

    private WallBoard Board() => WallBoard.Of(_live.Current, new MailboxBoards(_clock).WorstFirst(_live.Current), _clock.GetUtcNow());

    private void Connect(string name) => _live.SetStatus(Status(name));

    private HostStatus Status(string name) => new(
        name, name, "token", false, HostConnection.Live, null, "0.1.0", Guid.Empty, true, [], ["/var/mail"], [], new Dictionary<string, double>(), _clock.GetUtcNow(), _clock.GetUtcNow());
}

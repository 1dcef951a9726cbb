using System.Diagnostics;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>What is known of the names in the stores between two walks.</summary>
public sealed class CandidateBookTests
{
    private static readonly FilePath One = FilePath.FromText("/mail/one.lock"), Two = FilePath.FromText("/mail/two.lock");
    private readonly CandidateBook _book = new(limit: 3);

    [Fact]
    public void It_is_complete_after_a_walk_and_not_before_one()
    {
        _book.Follow(static _ => true);
        Assert.False(_book.IsCompleteFor(FilePath.Root));
        _book.Fill([One], Stopwatch.GetTimestamp());
        Assert.True(_book.IsCompleteFor(FilePath.Root));
    }

    [Fact]
    public void It_is_complete_for_the_roots_that_events_cover_and_for_no_other()
    {
        var quiet = FilePath.FromText("/quiet");
        _book.Follow(root => root != quiet);
        _book.Fill([One], Stopwatch.GetTimestamp());
        Assert.Equal((true, false), (_book.IsCompleteFor(One.Parent), _book.IsCompleteFor(quiet)));
    }

    [Fact]
    public void Where_events_cease_to_cover_a_root_it_is_not_complete_any_more()
    {
        var covers = true;
        _book.Follow(_ => covers);
        _book.Fill([One], Stopwatch.GetTimestamp());
        covers = false;
        Assert.False(_book.IsCompleteFor(FilePath.Root));
    }

    [Fact]
    public void Without_a_watch_it_is_never_complete()
    {
        _book.Fill([One], Stopwatch.GetTimestamp());
        Assert.False(_book.IsCompleteFor(FilePath.Root));
    }

    [Fact]
    public void Events_that_were_lost_leave_it_incomplete_until_a_walk_that_began_later()
    {
        _book.Follow(static _ => true);
        var before = Stopwatch.GetTimestamp();
        _book.Take(new StoreChanges([], "dropped"));
        _book.Fill([One], before);
        Assert.False(_book.IsCompleteFor(FilePath.Root));
        _book.Fill([One], Stopwatch.GetTimestamp());
        Assert.True(_book.IsCompleteFor(FilePath.Root));
    }

    [Fact]
    public void A_name_that_an_event_gave_during_a_walk_stays_though_the_walk_did_not_see_it()
    {
        var began = Stopwatch.GetTimestamp();
        _book.Take(new StoreChanges([Two], null));
        _book.Fill([One], began);
        Assert.Equal([One, Two], _book.Names().Order());
    }

    [Fact]
    public void A_name_that_a_later_walk_does_not_see_is_dropped()
    {
        _book.Fill([One, Two], Stopwatch.GetTimestamp());
        _book.Fill([Two], Stopwatch.GetTimestamp());
        Assert.Equal([Two], _book.Names());
    }

    [Fact]
    public void A_name_that_was_given_again_after_a_look_is_not_dropped_by_it()
    {
        _book.Fill([One], Stopwatch.GetTimestamp());
        var looked = Stopwatch.GetTimestamp();
        _book.Take(new StoreChanges([One], null));
        _book.Drop(One, looked);
        Assert.True(_book.Contains(One));
        _book.Drop(One, Stopwatch.GetTimestamp());
        Assert.False(_book.Contains(One));
    }

    [Fact]
    public void A_name_that_was_removed_is_not_in_it()
    {
        _book.Fill([One], Stopwatch.GetTimestamp());
        _book.Take(new StoreChanges([One], null) { Removed = new HashSet<FilePath> { One } });
        Assert.Empty(_book.Names());
    }

    [Fact]
    public void More_names_than_it_may_keep_leave_it_incomplete()
    {
        _book.Follow(static _ => true);
        _book.Fill([.. Enumerable.Range(0, 4).Select(i => FilePath.FromText($"/mail/{i}.lock"))], Stopwatch.GetTimestamp());
        Assert.Equal((3, false), (_book.Count, _book.IsCompleteFor(FilePath.Root)));
    }
}

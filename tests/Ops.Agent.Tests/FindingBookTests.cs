using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent.Tests;

public sealed class FindingBookTests
{
    private readonly FindingBook _book = new(Guid.NewGuid());

    [Fact]
    public void Deltas_are_numbered_without_a_gap_and_nothing_new_takes_no_number()
    {
        Assert.Equal(1, Stores(Samples.Finding("a"))!.Sequence);
        Assert.Null(Stores(Samples.Finding("a")));
        Assert.Equal(2, Stores(Samples.Finding("a"), Samples.Finding("b"))!.Sequence);
        Assert.Equal(2, _book.Sequence);
    }

    [Fact]
    public void A_finding_opens_changes_and_closes()
    {
        Assert.Equal(["a"], Stores(Samples.Finding("a"))!.Opened.Select(f => f.Key));
        Assert.Equal(["stale"], Stores(Samples.Finding("a", "stale"))!.Changed.Select(f => f.Verdict));
        Assert.Equal(["a"], Stores()!.Closed);
        Assert.Empty(_book.Findings);
    }

    [Fact]
    public void Waits_are_those_that_the_last_look_at_the_kernel_locks_saw()
    {
        DateTimeOffset at = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        _book.Apply(ScanArea.KernelLocks, [Samples.Finding("held"), Samples.Finding("w", "waiting")], at);
        _book.Apply(ScanArea.Stores, [Samples.Finding("likely", "waiting")], at);
        _book.Apply(ScanArea.KernelLocks, [Samples.Finding("held"), Samples.Finding("w", "waiting")], at.AddSeconds(5));
        Assert.Equal([("w", at)], _book.Waits);
        // In the book still, until a second look misses it too.
        _book.Apply(ScanArea.KernelLocks, [Samples.Finding("held")], at.AddSeconds(6));
        Assert.NotNull(_book.Find("w"));
        Assert.Empty(_book.Waits);
    }

    [Fact]
    public void A_session_is_said_of_locks_that_were_there_when_it_was_asked_until_it_is_over()
    {
        var at = Samples.Now;
        var held = Held("a");
        _book.Apply(ScanArea.KernelLocks, [held], at);
        var changed = Assert.Single(_book.Learn(Sessions(at.AddSeconds(1)))!.Changed);
        Assert.Equal(("alice", "session-of"), (changed.Process!.Session!.User, changed.Evidence[^1].Question));
        // The next scan knows nothing of it.
        Assert.Null(_book.Apply(ScanArea.KernelLocks, [held], at.AddSeconds(2)));
        Assert.Null(_book.Learn(Sessions(at.AddSeconds(11))));
        // A lock that was taken later may be of a later session of the same process.
        Assert.Null(Assert.Single(_book.Apply(ScanArea.KernelLocks, [held, Held("b")], at.AddSeconds(12))!.Opened).Process!.Session);
        Assert.Equal(["b"], _book.Learn(Sessions(at.AddSeconds(21)))!.Changed.Select(f => f.Key));
        var over = _book.Learn(null)!.Changed;
        Assert.Equal(["a", "b"], over.Select(f => f.Key));
        Assert.All(over, f => Assert.Null(f.Process!.Session));
        Assert.All(over, f => Assert.DoesNotContain(f.Evidence, e => e.Question == "session-of"));
        Assert.Null(_book.Learn(null));

        static Finding Held(string key) => Samples.Finding(key) with { Process = new(7, 700, Samples.Boot, 1, "imap", "imap", "/usr/lib/dovecot/imap", 8, "mail", null, "S", Samples.Now, [7]) };
        static SessionLook Sessions(DateTimeOffset at) =>
            new(at, new Dictionary<ProcessIdentity, FindingSession> { [new(Samples.Boot, 7, 700)] = new("dovecot", "alice", "192.0.2.7", "imap", null, "doveadm who", at) }, []);
    }

    [Fact]
    public void Whom_processes_serve_is_asked_where_others_wait()
    {
        var process = new FindingProcess(7, 700, Samples.Boot, 1, "imap", "imap", null, 8, "mail", null, "S", Samples.Now, [7]);
        var waiter = Samples.Finding("w", "waiting") with { Process = process with { Pid = 9 }, BlockedBy = [7] };
        _book.Apply(ScanArea.KernelLocks, [Samples.Finding("a") with { Process = process }, Samples.Finding("b") with { Process = process with { Pid = 8 } }, Samples.Finding("c")], Samples.Now);
        Assert.Empty(_book.Contended());
        _book.Apply(ScanArea.Stores, [waiter], Samples.Now);
        Assert.Equal(["a", "w"], _book.Contended().Select(f => f.Key));
    }

    [Fact]
    public void A_look_at_one_name_opens_changes_and_closes_what_is_there_and_nothing_else()
    {
        Stores(Samples.Finding("other", path: "/var/mail/bob.lock"));
        Assert.Equal(["a"], Name("/var/mail/alice.lock", Samples.Finding("a"))!.Opened.Select(f => f.Key));
        Assert.Equal(["stale"], Name("/var/mail/alice.lock", Samples.Finding("a", "stale"))!.Changed.Select(f => f.Verdict));
        Assert.Null(Name("/var/mail/alice.lock", Samples.Finding("a", "stale")));
        // Another file under the same name.
        var replaced = Name("/var/mail/alice.lock", Samples.Finding("b"))!;
        Assert.Equal(("b", "a"), (Assert.Single(replaced.Opened).Key, Assert.Single(replaced.Closed)));
        Assert.Equal(["b"], Name("/var/mail/alice.lock")!.Closed);
        Assert.Equal(["other"], _book.Findings.Select(f => f.Key));
    }

    [Fact]
    public void A_name_that_could_not_be_looked_at_keeps_its_finding()
    {
        Stores(Samples.Finding("a"));
        var name = Ops.Locks.FilePath.FromText("/var/mail/alice.lock");
        Assert.Null(_book.ApplyNames(NamesLook.Nothing with { Names = [name], NotLookedAt = new HashSet<Ops.Locks.FilePath> { name } }, Samples.Now));
        Assert.Single(_book.Findings);
    }

    [Fact]
    public void Age_time_and_wording_alone_are_no_change()
    {
        Stores(Samples.Finding("a"));
        var later = Samples.Finding("a") with
        {
            AgeSeconds = 5,
            Summary = "Because it is 5 s old.",
            Evidence = [new FindingEvidence("owner-running", "yes", "/proc", "pid 7, seen 5 s ago", Samples.Now.AddSeconds(2))],
        };
        Assert.Null(Stores(later));
    }

    [Fact]
    public void Another_answer_fingerprint_or_process_state_is_a_change()
    {
        Stores(Samples.Finding("a"));
        var answered = Samples.Finding("a") with { Evidence = [new FindingEvidence("owner-running", "no", "/proc", "gone", Samples.Now)] };
        Assert.Single(Stores(answered)!.Changed);
        Assert.Single(Stores(answered with { Fingerprint = "sha256:1" })!.Changed);
        Assert.Single(Stores(answered with { Fingerprint = "sha256:1", Process = Card("S") })!.Changed);
        Assert.Null(Stores(answered with { Fingerprint = "sha256:1", Process = Card("R") }));
        Assert.Single(Stores(answered with { Fingerprint = "sha256:1", Process = Card("T") })!.Changed);
    }

    [Fact]
    public void A_kernel_lock_must_be_missing_twice_in_a_row_before_it_is_closed()
    {
        Locks(Samples.Finding("l"));
        Assert.Null(Locks());
        Assert.Null(Locks(Samples.Finding("l")));
        Assert.Null(Locks());
        Assert.True(_book.IsInDoubt);
        Assert.Equal(["l"], Locks()!.Closed);
        Assert.False(_book.IsInDoubt);
    }

    [Fact]
    public void A_kernel_lock_that_was_looked_for_again_at_once_needs_no_second_look()
    {
        Locks(Samples.Finding("l"), Samples.Finding("m"));
        var delta = _book.Apply(ScanArea.KernelLocks, [], Samples.Now, gone: new HashSet<string> { "l" });
        Assert.Equal(["l"], delta!.Closed);
        Assert.True(_book.IsInDoubt);
        Assert.Equal(["m"], Locks()!.Closed);
    }

    [Fact]
    public void What_a_scan_calls_unchanged_is_seen_by_it()
    {
        Locks(Samples.Finding("l"), Samples.Finding("m"));
        Assert.Null(Locks(Samples.Finding("m")));
        Assert.Null(_book.Apply(ScanArea.KernelLocks, [], Samples.Now, unchanged: ["l", "m", "unknown"]));
        Assert.False(_book.IsInDoubt);
        Assert.Null(Locks(Samples.Finding("m")));
        Assert.Equal(["l"], Locks(Samples.Finding("m"))!.Closed);
    }

    [Fact]
    public void A_scan_closes_only_findings_of_its_own_area()
    {
        Locks(Samples.Finding("l"));
        Stores(Samples.Finding("s"));
        Assert.Null(Stores(Samples.Finding("s")));
        Assert.Equal(["s"], Stores()!.Closed);
        Assert.Equal(["l"], _book.Findings.Select(f => f.Key));
    }

    [Fact]
    public void What_is_where_the_scan_could_not_look_is_not_closed()
    {
        Stores(Samples.Finding("a", path: "/var/mail/a.lock"), Samples.Finding("b", path: "/srv/b.lock"));
        var scan = new AreaScan(ScanArea.Stores, [], [], [Ops.Locks.FilePath.FromText("/srv")], TimeSpan.Zero);
        Assert.Equal(["a"], _book.Apply(ScanArea.Stores, scan.Findings, Samples.Now, scan.Missed)!.Closed);
    }

    [Fact]
    public void Since_is_when_the_verdict_was_first_seen()
    {
        Stores(Samples.Finding("a"));
        _book.Apply(ScanArea.Stores, [Samples.Finding("a") with { User = "bob" }], Samples.Now.AddMinutes(1));
        Assert.Equal(Samples.Now, _book.Find("a")!.Since);
        _book.Apply(ScanArea.Stores, [Samples.Finding("a", "stale")], Samples.Now.AddMinutes(2));
        Assert.Equal(Samples.Now.AddMinutes(2), _book.Find("a")!.Since);
    }

    [Fact]
    public void The_same_key_twice_in_one_scan_is_one_finding() =>
        Assert.Single(Locks(Samples.Finding("l"), Samples.Finding("l"))!.Opened);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1000, 1)]
    [InlineData(2001, 3)]
    public void A_snapshot_comes_in_parts_of_a_thousand_and_the_last_says_so(int findings, int parts)
    {
        Stores([.. Enumerable.Range(0, findings).Select(i => Samples.Finding("k" + i))]);
        var chunks = _book.Snapshot().ToList();
        Assert.Equal(parts, chunks.Count);
        Assert.Equal(findings, chunks.Sum(c => c.Findings.Count));
        Assert.All(chunks, (chunk, index) => Assert.Equal((index, index == parts - 1, _book.Sequence), (chunk.Index, chunk.Last, chunk.Sequence)));
    }

    private static FindingProcess Card(string state) => new(7, 1, Samples.Boot, 1, "imapd", "imapd", null, 8, "mail", null, state, Samples.Now, [7]);

    private Delta? Name(string path, params Finding[] there) =>
        _book.ApplyNames(NamesLook.Nothing with { Names = [Ops.Locks.FilePath.FromText(path)], Findings = there }, Samples.Now);

    private Delta? Stores(params Finding[] findings) => _book.Apply(ScanArea.Stores, findings, Samples.Now);

    private Delta? Locks(params Finding[] findings) => _book.Apply(ScanArea.KernelLocks, findings, Samples.Now);
}

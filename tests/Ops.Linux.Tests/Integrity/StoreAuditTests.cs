using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class StoreAuditTests : IDisposable
{
    private static readonly ReadChoice Full = new(Full: true, Share: 0, Seed: 1);
    private readonly AuditedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_store_as_its_indexes_say_has_no_differences()
    {
        _store.Mailbox("a/alice", (1, "one"), (2, "two"));
        _store.Mailbox("a/bob", (7, "seven"));

        var report = _store.Audit(Full);

        Assert.Empty(report.Damages);
        Assert.Empty(report.NotSeen);
        Assert.Equal((2L, 3L, 3L, 11L, 0L), (report.Counts.Mailboxes, report.Counts.Messages, report.Counts.Read, report.Counts.ReadBytes, report.Counts.WrittenAgain));
    }

    [Fact]
    public void Another_size_is_found_without_reading_and_other_bytes_by_reading()
    {
        _store.Mailbox("alice", (1, "one"), (2, "two"), (3, "three"));
        _store.Overwrite("alice/1.", "longer");
        _store.Overwrite("alice/2.", "TWO");

        Assert.Equal(["size alice/1."], _store.Damages());
        var report = _store.Audit(Full);
        Assert.Equal([CheckKind.Size, CheckKind.Content], report.Damages.Select(d => d.Suspect.Kind));
        Assert.Equal(Convert.ToHexStringLower(CyrusIndexBytes.Sha1([.. "TWO"u8])), report.Damages[1].Suspect.Digest.ToString());
    }

    [Fact]
    public void Bytes_written_after_the_index_record_are_read_without_being_asked_for()
    {
        _store.Mailbox("alice", (1, "one"));
        var index = new CyrusIndexBytes(17).Add(1, 3, CyrusIndexBytes.Sha1([.. "one"u8]), updated: 1, internalDate: (uint)DateTimeOffset.UtcNow.AddDays(-3).ToUnixTimeSeconds());
        _store.Index("alice", index);
        _store.Overwrite("alice/1.", "ONE");

        Assert.Equal(["content alice/1."], _store.Damages());
    }

    [Fact]
    public void A_missing_and_an_extra_file_are_found_and_an_unlinked_message_is_neither()
    {
        _store.Mailbox("alice", (1, "one"), (3, "three"), (4, "four"));
        var index = new CyrusIndexBytes(17) { LastUid = 9 };
        AuditedStore.Add(index, 1, "one");
        AuditedStore.Add(index, 2, "two");
        AuditedStore.Add(index, 3, "three", 3u << 30);
        AuditedStore.Add(index, 5, "five", 3u << 30);
        _store.Index("alice", index);

        Assert.Equal(["extra alice/4.", "missing alice/2."], _store.Damages());
    }

    [Fact]
    public void One_inode_under_two_mailboxes_is_right_where_both_indexes_say_the_same_and_its_other_owner_is_named_where_not()
    {
        _store.Mailbox("alice", (1, "mail of alice"));
        _store.Mailbox("bob", (5, "mail of bob..."), (6, "mail of alice"));
        File.Delete(_store.File("bob/6."));
        _store.Link("alice/1.", "bob/6.");
        Assert.Empty(_store.Damages());

        // The incident: what is bob's by name is the inode of alice's message.
        File.Delete(_store.File("bob/5."));
        _store.Overwrite("alice/1.", "mail of a1ice");
        _store.Mailbox("carol", (1, "mail of a1ice"));
        File.Delete(_store.File("carol/1."));
        _store.Link("alice/1.", "carol/1.");
        var report = _store.Audit();

        Assert.Equal(["content alice", "missing bob", "content bob"], report.Damages.Select(d => $"{DamageWords.Of(d.Suspect.Kind)} {d.Mailbox.Text[(_store.Path.Length + 1)..]}"));
        Assert.Contains(DamageWords.Evidence(report.Damages[0]), sentence => sentence.Contains("carol/1., and the index there names exactly these bytes: they belong to that message.", StringComparison.Ordinal));
    }

    [Fact]
    public void Where_no_hash_was_kept_the_names_of_one_inode_must_agree_in_size()
    {
        foreach (var (name, size) in new[] { ("alice", 3ul), ("bob", 9ul) })
            _store.Index(name, new CyrusIndexBytes(9).Add(1, size));
        _store.Message("alice", 1, "one");
        _store.Link("alice/1.", "bob/1.");

        var damage = Assert.Single(_store.Audit().Damages);
        Assert.Equal((CheckKind.Size, "bob"), (damage.Suspect.Kind, damage.Mailbox.Text[(_store.Path.Length + 1)..]));
        Assert.Equal("alice", Assert.Single(damage.OtherNames).Mailbox.Text[(_store.Path.Length + 1)..]);
    }

    [Fact]
    public void Files_of_expunged_messages_of_2_3_are_no_extra_files()
    {
        _store.Index("alice", new CyrusIndexBytes(10) { LastUid = 5 }.Add(2, 3));
        _store.Index("alice", new CyrusIndexBytes(10).Add(1, 3), "cyrus.expunge");
        _store.Message("alice", 1, "one");
        _store.Message("alice", 2, "two");
        Assert.Empty(_store.Damages());

        // An index of them that cannot be read leaves it open which files are extra.
        File.WriteAllText(_store.File("alice/cyrus.expunge"), "nothing");
        Assert.Empty(_store.Damages());
    }

    [Fact]
    public void A_directory_with_an_index_and_without_any_of_its_messages_is_not_seen_and_no_loss()
    {
        _store.Index("meta/alice", AuditedStore.Add(AuditedStore.Add(new CyrusIndexBytes(17), 1, "one"), 2, "two"));

        var report = _store.Audit();

        Assert.Empty(report.Damages);
        Assert.Contains("none of the 2 messages", Assert.Single(report.NotSeen), StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_index_is_not_seen_and_the_mailboxes_after_it_are()
    {
        _store.Mailbox("alice", (1, "one"));
        _store.Mailbox("bob", (1, "one"));
        File.WriteAllText(_store.File("alice/cyrus.index"), new string('x', 4000));
        _store.Overwrite("bob/1.", "longer");

        var report = _store.Audit();

        Assert.Equal("bob", Assert.Single(report.Damages).Mailbox.Text[(_store.Path.Length + 1)..]);
        Assert.Contains("alice: its index cannot be understood: UnknownVersion", Assert.Single(report.NotSeen), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_and_other_things_under_the_name_of_a_message_are_never_opened()
    {
        using var outside = new Scratch();
        outside.Write("secret", "one");
        _store.Mailbox("alice", (1, "one"), (2, "two"));
        File.Delete(_store.File("alice/1."));
        File.CreateSymbolicLink(_store.File("alice/1."), outside.File("secret"));
        Directory.CreateSymbolicLink(_store.File("elsewhere"), outside.Path);
        _store.Index("linked", new CyrusIndexBytes(17));
        File.Delete(_store.File("linked/cyrus.index"));
        File.CreateSymbolicLink(_store.File("linked/cyrus.index"), _store.File("alice/cyrus.index"));
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(_store.File("alice/3."), Mono.Unix.Native.FilePermissions.S_IRUSR | Mono.Unix.Native.FilePermissions.S_IWUSR));

        var report = _store.Audit(Full);

        Assert.Equal(CheckKind.Missing, Assert.Single(report.Damages).Suspect.Kind);
        Assert.Contains(report.NotSeen, n => n.Contains("alice/3.: it has the name of a message and is no regular file", StringComparison.Ordinal));
        Assert.Contains(report.NotSeen, n => n.Contains("linked: its index is no regular file", StringComparison.Ordinal));
        Assert.Equal(1, report.Counts.Read);
    }

    [Fact]
    public void A_difference_that_goes_away_between_two_looks_is_not_reported()
    {
        _store.Mailbox("alice", (1, "one"), (2, "two"));
        _store.Message("alice", 2, "tw");

        var report = _store.Audit(clock: new FirstWait(() => _store.Message("alice", 2, "two")));

        Assert.Empty(report.Damages);
        Assert.Equal(1, report.Counts.Settled);
    }

    [Fact]
    public void A_mailbox_that_is_renamed_between_two_looks_is_not_reported()
    {
        _store.Mailbox("alice", (1, "one"), (2, "two"));
        File.Delete(_store.File("alice/2."));

        var report = _store.Audit(clock: new FirstWait(() => Directory.Move(_store.File("alice"), _store.File("alicia"))));

        Assert.Empty(report.Damages);
        Assert.Equal(1, report.Counts.Settled);
    }

    [Fact]
    public void A_staging_name_that_is_a_message_is_a_hazard_and_the_message_is_read()
    {
        _store.Mailbox("uuid/alice", (1, "one"), (2, "two"));
        _store.Link("uuid/alice/1.", "sync./999999/fe05bcdcdc4928012781a5f1a2a77cbb5398e106");
        _store.Link("uuid/alice/2.", "stage./999998-1700000000-0");

        var report = _store.Audit();

        Assert.Empty(report.Damages);
        Assert.Equal([ReadReason.Staged], report.Counts.Reasons.Keys);
        Assert.Equal([999998, 999999], report.Hazards.Select(h => h.Pid!.Value).Order());
        Assert.All(report.Hazards, h => Assert.Equal((2u, false, StageReuse.UnlinksFirst, 1), (h.LinkCount, h.PidRuns!.Value, h.Reuse, h.LinkedTo.Count)));
        Assert.InRange(report.Cycle!.Highest, 299, int.MaxValue);
    }

    [Fact]
    public void A_staging_name_is_judged_by_the_indexes_of_its_own_partition()
    {
        _store.Index("old/user/alice", AuditedStore.Add(new CyrusIndexBytes(9), 9, "nine"));
        _store.Message("old/user/alice", 9, "nine");
        _store.Link("old/user/alice/9.", "old/sync./999999/9.");
        _store.Mailbox("new/user/bob", (9, "nine"));
        _store.Link("new/user/bob/9.", "new/sync./999999/9.");
        // Another partition below the first one.
        _store.Mailbox("old/fast/user/carol", (9, "nine"));
        Directory.CreateDirectory(_store.File("old/fast/stage."));

        var hazards = _store.Audit().Hazards;

        Assert.Equal(
            [("new/sync./999999/9.", StageReuse.OtherForm), ("old/sync./999999/9.", StageReuse.MayOverwrite)],
            hazards.Select(h => (h.Path.Text[(_store.Path.Length + 1)..], h.Reuse)).Order());
        Assert.All(hazards, h => Assert.EndsWith("/9.", Assert.Single(h.LinkedTo).Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_mailbox_in_a_directory_with_a_name_for_staging_is_audited()
    {
        foreach (var name in new[] { "sync./77", "sync./alice", "stage./alice" })
        {
            _store.Mailbox(name, (9, "nine"));
            _store.Overwrite($"{name}/9.", "longer");
        }
        Directory.CreateDirectory(_store.File("sync./78"));
        _store.Message("sync./78", 9, "staged");

        var report = _store.Audit();

        Assert.Equal(["size stage./alice/9.", "size sync./77/9.", "size sync./alice/9."], report.Damages.Select(d => $"{DamageWords.Of(d.Suspect.Kind)} {d.Path.Text[(_store.Path.Length + 1)..]}"));
        Assert.Empty(report.NotSeen);
    }

    [Fact]
    public void Messages_without_any_index_are_not_seen()
    {
        _store.Message("alice", 9, "nine");

        Assert.Contains("alice: it has files that are named as Cyrus names messages, and no cyrus.index", Assert.Single(_store.Audit().NotSeen), StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_below_another_root_is_counted_once()
    {
        _store.Mailbox("alice", (1, "one"));

        var report = new StoreAudit(new AuditOptions(Full, null, null), TimeProvider.System).Run([FilePath.FromText(_store.File("alice")), FilePath.FromText(_store.Path), FilePath.FromText(_store.Path)]);

        Assert.Equal((1L, 1L), (report.Counts.Mailboxes, report.Counts.Messages));
    }

    [Fact]
    public void An_index_that_agrees_with_bytes_written_later_is_marked_as_reconstruct_would_leave_it()
    {
        _store.Mailbox("alice", (1, "one"));
        File.SetLastWriteTimeUtc(_store.File("alice/1."), DateTime.UtcNow);

        var report = _store.Audit();

        Assert.Empty(report.Damages);
        Assert.Equal(1, report.Counts.WrittenAgain);
    }

    [Fact]
    public void Sizes_in_the_names_of_a_Maildir_are_compared_and_those_of_compressed_messages_are_not()
    {
        using var store = new Scratch();
        foreach (var part in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(store.File($"alice/Maildir/{part}"));
        store.Write("alice/Maildir/cur/1.M1P2.host,S=3:2,S", "one");
        store.Write("alice/Maildir/cur/2.M1P2.host,S=4:2,S", "two");
        store.Write("alice/Maildir/new/3.M1P2.host,S=300", "\u001f\u0000");
        File.WriteAllBytes(store.File("alice/Maildir/new/3.M1P2.host,S=300"), [0x1F, 0x8B, 8, 0]);
        store.Write("alice/Maildir/new/4.M1P2.host", "no size");
        store.Write("alice/Maildir/cur/5.M1P2.host,S=4,W=6:2,", "a\nb\n");
        store.Write("alice/Maildir/cur/6.M1P2.host,S=4,W=7:2,", "a\nb\n");
        store.Write("alice/Maildir/tmp/7.M1P2.host,S=9", "half");
        store.Write("alice/Maildir/cur/8.M1P2.host:2,", "eight");
        store.Write("alice/Maildir/dovecot-uidlist", "3 V1 N9\n8 S6 :8.M1P2.host:2,\n");

        var report = new StoreAudit(new AuditOptions(Full, null, null) { SecondLookAfter = TimeSpan.FromMilliseconds(30) }, TimeProvider.System).Run([FilePath.FromText(store.Path)]);

        Assert.Equal(
            ["size 2.M1P2.host,S=4:2,S", "content 6.M1P2.host,S=4,W=7:2,", "size 8.M1P2.host:2,"],
            report.Damages.Select(d => $"{DamageWords.Of(d.Suspect.Kind)} {Path.GetFileName(d.Path.Text)}"));
        Assert.Equal((1L, 1L), (report.Counts.Encoded, report.Counts.WithoutSize));
        Assert.Empty(report.NotSeen);
    }

    [Fact]
    public void Nothing_is_changed_and_no_access_time_moves()
    {
        _store.Mailbox("alice", (1, "one"), (2, "two"));
        _store.Overwrite("alice/2.", "TWO");
        var old = DateTime.UtcNow.AddDays(-5);
        List<string> files = [.. Directory.GetFiles(_store.Path, "*", SearchOption.AllDirectories)];
        foreach (var file in files)
            File.SetLastAccessTimeUtc(file, old);
        var before = files.Select(Stamp).ToList();

        Assert.NotEmpty(_store.Damages(Full));

        Assert.Equal(before, files.Select(Stamp));

        static string Stamp(string file)
        {
            Assert.Equal(0, Mono.Unix.Native.Syscall.lstat(file, out var status));
            return $"{file} {status.st_ino} {status.st_size} {status.st_atime}.{status.st_atime_nsec} {status.st_mtime}.{status.st_mtime_nsec} {status.st_ctime}.{status.st_ctime_nsec}";
        }
    }

    [Fact]
    public void Reading_stays_below_the_rate()
    {
        _store.Mailbox("alice", [.. Enumerable.Range(1, 6).Select(uid => ((uint)uid, new string('x', 100_000)))]);
        var started = TimeProvider.System.GetTimestamp();

        new StoreAudit(new AuditOptions(Full, BytesPerSecond: 1_000_000, null), TimeProvider.System).Run([FilePath.FromText(_store.Path)]);

        // 600 kB at a megabyte a second; the last wait may be cut.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0.5, 30);
    }

    /// <summary>Something happens when the audit begins to wait for its second look.</summary>
    private sealed class FirstWait(Action happens) : TimeProvider
    {
        private bool _happened;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (!_happened)
                happens();
            _happened = true;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}

using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent.Tests;

public sealed class FindingFactoryTests
{
    private readonly FindingFactory _factory = new("mail1", JudgingOptions.Default, uid => uid == 8 ? "mail" : "user" + uid);

    [Theory]
    [InlineData(VerdictWord.SplitBrain, null)]
    [InlineData(VerdictWord.GhostWrite, null)]
    [InlineData(VerdictWord.GhostWrite, 5)]
    [InlineData(VerdictWord.Held, 5)]
    [InlineData(VerdictWord.Waiting, null)]
    public void A_relation_offers_to_save_what_is_behind_its_descriptor_and_nothing_else(VerdictWord word, int? descriptor)
    {
        var process = Samples.Process(7);
        var factory = new FindingFactory("mail1", JudgingOptions.Default, _ => "", (verdict, _) => Ladder.Offers(verdict, new ProtectedProcesses(new HashSet<int>(), true), canAsk: true));
        var verdict = Samples.Verdict(word, ArtefactKind.Mailbox, new Owner(7, null, process, Answer.Yes));
        var relation = new Relation(RelationKind.GhostWriters, FilePath.FromText("/m"), null, verdict, "a", []) { Descriptor = descriptor };
        Assert.Equal(word == VerdictWord.GhostWrite && descriptor is not null ? ["rescue"] : [], factory.OfRelation(relation, Samples.Now).Actions);
    }

    [Fact]
    public void A_stale_lock_carries_verdict_identity_owner_and_action()
    {
        var file = Samples.File("/var/mail/alice.lock");
        var finding = _factory.OfArtefact(
            Samples.Artefact(file, Samples.File("/var/mail/alice", 13) with { Uid = 1000 }),
            Samples.Verdict(VerdictWord.Stale, ArtefactKind.DotLock, new Owner(4242, "mail1", null, Answer.No), OperatorAction.Break), Samples.Now);

        Assert.Equal("mail1", finding.Host);
        Assert.Equal("/var/mail/alice.lock", finding.Path);
        Assert.Null(finding.PathBytes);
        Assert.Equal(("dot-lock", "dovecot", "stale"), (finding.Kind, finding.System, finding.Verdict));
        Assert.Equal(["dovecot", "mailutils"], finding.Systems);
        Assert.Equal(4242, finding.Owner!.Pid);
        Assert.Null(finding.Owner.StartTicks);
        Assert.False(finding.OwnerAlive);
        Assert.Equal(("fe:00", 12UL, 1u, 9L), (finding.Identity!.Dev, finding.Identity.Ino, finding.Identity.Nlink, finding.Identity.Size));
        Assert.Equal("0600", finding.Identity.Mode);
        Assert.Equal("/var/mail/alice", finding.Mailbox);
        Assert.Equal("user1000", finding.User);
        Assert.Equal(["break"], finding.Actions);
        Assert.StartsWith("sha256:", finding.Fingerprint, StringComparison.Ordinal);
        Assert.Equal(("owner-running", "no"), (finding.Evidence[0].Question, finding.Evidence[0].Answer));
    }

    [Fact]
    public void Without_a_mailbox_the_user_is_the_owner_of_the_file()
    {
        var finding = _factory.OfArtefact(Samples.Artefact(Samples.File("/x.lock")), Samples.Verdict(VerdictWord.Refused), Samples.Now);
        Assert.Null(finding.Mailbox);
        Assert.Equal("mail", finding.User);
        Assert.Null(finding.Owner);
        Assert.Null(finding.OwnerAlive);
    }

    [Fact]
    public void A_path_that_is_not_UTF_8_keeps_its_bytes()
    {
        var path = new FilePath([(byte)'/', 0xff, (byte)'.', (byte)'l']);
        var finding = _factory.OfArtefact(Samples.Artefact(Samples.File("/") with { Path = path }), Samples.Verdict(VerdictWord.Refused), Samples.Now);
        Assert.Equal("/\uFFFD.l", finding.Path);
        Assert.Equal(path, FindingWords.PathOf(finding));
    }

    [Theory]
    [InlineData(AgeClock.Both, 60)]
    [InlineData(AgeClock.Changed, 60)]
    [InlineData(AgeClock.Modified, 7200)]
    public void Age_is_that_of_the_clock_asked_for_and_of_the_younger_of_both(AgeClock by, double seconds)
    {
        var factory = new FindingFactory("h", JudgingOptions.Default with { AgeBy = by }, _ => "");
        var file = Samples.File("/x.lock", age: TimeSpan.FromMinutes(1), modified: TimeSpan.FromHours(2));
        Assert.Equal(seconds, factory.OfArtefact(Samples.Artefact(file), Samples.Verdict(VerdictWord.Held), Samples.Now).AgeSeconds);
    }

    [Fact]
    public void A_file_from_the_future_is_new_and_not_of_negative_age()
    {
        var file = Samples.File("/x.lock", age: TimeSpan.FromMinutes(-5));
        Assert.Equal(0, _factory.OfArtefact(Samples.Artefact(file), Samples.Verdict(VerdictWord.Held), Samples.Now).AgeSeconds);
    }

    [Fact]
    public void A_lock_that_was_taken_again_has_another_key_and_the_same_one_does_not()
    {
        var path = FilePath.FromText("/x.lock");
        Assert.Equal(FindingFactory.KeyOf(path, new FileIdentity(1, 2, 3)), FindingFactory.KeyOf(path, new FileIdentity(1, 2, 3)));
        Assert.NotEqual(FindingFactory.KeyOf(path, new FileIdentity(1, 2, 3)), FindingFactory.KeyOf(path, new FileIdentity(1, 2, 4)));
        Assert.NotEqual(FindingFactory.KeyOf(path, new FileIdentity(1, 2, 3)), FindingFactory.KeyOf(FilePath.FromText("/y.lock"), new FileIdentity(1, 2, 3)));
    }

    [Fact]
    public void The_key_of_a_kernel_lock_ignores_its_position_in_the_list_but_not_its_holder()
    {
        var entry = Samples.Lock("/m", Samples.Process(7));
        Assert.Equal(FindingFactory.KeyOf(entry, entry.Parties[0]),
            FindingFactory.KeyOf(entry with { Lock = entry.Lock with { Number = 99 } }, entry.Parties[0] with { Descriptor = 6 }));
        Assert.NotEqual(FindingFactory.KeyOf(entry, entry.Parties[0]), FindingFactory.KeyOf(entry, new LockParty(Samples.Process(8), 5)));
        Assert.NotEqual(FindingFactory.KeyOf(entry, entry.Parties[0]),
            FindingFactory.KeyOf(entry, new LockParty(Samples.Process(7) with { Identity = new ProcessIdentity(Samples.Boot, 7, 1) }, 5)));
    }

    [Fact]
    public void Two_OFD_locks_of_one_process_are_distinguished_by_their_descriptors()
    {
        var entry = Samples.Lock("/m", Samples.Process(7), kind: LockClass.Ofd);
        Assert.NotEqual(FindingFactory.KeyOf(entry, entry.Parties[0]), FindingFactory.KeyOf(entry, entry.Parties[0] with { Descriptor = 6 }));
    }

    [Fact]
    public void A_waiter_names_its_blockers_and_a_shared_lock_its_other_holders()
    {
        var holder = Samples.Lock("/m", Samples.Process(7), kind: LockClass.Flock);
        holder = holder with { Parties = [.. holder.Parties, new LockParty(Samples.Process(8), 5)] };
        var waiter = Samples.Lock("/m", Samples.Process(9), waits: true, kind: LockClass.Flock);
        var findings = KernelLockClassifier.Classify(Samples.Host(holder, waiter)).Select(v => _factory.OfKernelLock(v, null, Samples.Now)).ToList();

        Assert.Equal([8], findings[0].Lock!.SharedWith);
        var waiting = findings.Single(f => f.Verdict == "waiting");
        Assert.Equal([7, 8], waiting.Lock!.BlockedBy);
        Assert.Equal(9, waiting.Process!.Pid);
        Assert.Equal(findings[0].Lock!.Group, waiting.Lock.Group);
        Assert.Equal(720, waiting.AgeSeconds);
        Assert.Equal(("flock", "write", "whole file"), (waiting.Lock.Class, waiting.Lock.Mode, waiting.Lock.Range));
    }

    [Fact]
    public void A_lock_without_a_known_path_or_holder_is_still_listed()
    {
        var entry = Samples.Lock("/m", null) with { Path = null, PathState = PathState.Unknown };
        var finding = _factory.OfKernelLock(KernelLockClassifier.Classify(Samples.Host(entry)).Single(), null, Samples.Now);
        Assert.Equal("[inode fe:00:7]", finding.Path);
        Assert.Equal("held", finding.Verdict);
        Assert.Null(finding.OwnerAlive);
        Assert.Equal("[no inode]", FindingFactory.NameOf(null).Text);
    }
}

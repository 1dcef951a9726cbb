namespace Ops.Locks.Tests;

/// <summary>An offer that the evidence allows, judged by what is known of the place of the file.</summary>
public sealed class OfferTests
{
    private static readonly FilePath Root = FilePath.FromText("/var/mail");
    private static readonly WorkPlace Open = new(Root, WriteAnswer.Granted, Protections.None, Modes.O755, 0);

    private static readonly ActSurroundings Fine = new(
        Root, null, Open, [new QuarantinePlace(Open, null, null)], [new Room(Root, Offer.NeededBytes, Offer.NeededFiles)], new ActingRights(0, true, true), Mailbox: WriteAnswer.Granted);

    private static readonly ArtefactFacts Lock = Given.Artefact(Given.File("/var/mail/alice.lock", "4242\n", Modes.O644), Given.Mailbox());

    [Fact]
    public void Where_nothing_stands_in_the_way_the_offer_and_its_words_stay()
    {
        var stale = Stale(Lock);
        var judged = Offer.Judge(stale, Lock, Fine, Given.Host(), mayUseWeaker: false);
        Assert.Equal((VerdictWord.Stale, stale.Summary), (judged.Word, judged.Summary));
        Assert.Equal([OperatorAction.Break], judged.Actions);
        Assert.DoesNotContain(judged.Evidence, e => e.Blocks);
        Assert.Equal(["directory-writable", "file-movable", "mailbox-lockable", "exchange", "own-lock", "quarantine", "space"], judged.Evidence.Skip(stale.Evidence.Count).Select(e => e.Question));
    }

    [Fact]
    public void What_is_not_offered_is_not_asked_about()
    {
        var held = Stale(Lock) with { Word = VerdictWord.Held, Actions = [] };
        Assert.Same(held, Offer.Judge(held, Lock, Fine with { Root = null }, Given.Host(), mayUseWeaker: false));
    }

    public static TheoryData<string, Refusal, ActSurroundings> InTheWay => new()
    {
        { "directory-writable", Refusal.NotPossible, Fine with { Root = null } },
        { "safe-directory", Refusal.UnsafeDirectory, Fine with { NoWay = "The way passes a symbolic link." } },
        { "directory-writable", Refusal.NotPossible, Fine with { Directory = null } },
        { "directory-writable", Refusal.NotPossible, Fine with { Directory = Open with { Write = WriteAnswer.ReadOnly } } },
        { "directory-writable", Refusal.NotPossible, Fine with { Directory = Open with { Write = WriteAnswer.Denied } } },
        { "directory-writable", Refusal.NotPossible, Fine with { Directory = Open with { Write = WriteAnswer.Forbidden } } },
        { "directory-writable", Refusal.NotPossible, Fine with { Directory = Open with { Flags = Protections.Immutable } } },
        { "directory-writable", Refusal.NotPossible, Fine with { Directory = Open with { Flags = Protections.AppendOnly } } },
        { "file-movable", Refusal.NotPossible, Fine with { Directory = Open with { Mode = Modes.O1777, Uid = 7 }, Rights = new ActingRights(99, true, false) } },
        { "file-movable", Refusal.NotPossible, Fine with { OnlyInLayer = FilePath.FromText("/lower") } },
        { "mailbox-lockable", Refusal.NotPossible, Fine with { Mailbox = WriteAnswer.Denied } },
        { "own-lock", Refusal.NotPossible, Fine with { Rights = new ActingRights(99, false, true) } },
        { "own-lock", Refusal.NotPossible, Fine with { Rights = new ActingRights(8, false, true) { Groups = [7] } } },
        { "quarantine", Refusal.NotPossible, Fine with { Quarantines = [new QuarantinePlace(Open, null, "It is a link.")] } },
        { "quarantine", Refusal.NotPossible, Fine with { Quarantines = [new QuarantinePlace(Open with { Write = WriteAnswer.ReadOnly }, null, null)] } },
        { "quarantine", Refusal.NotPossible, Fine with { Quarantines = [new QuarantinePlace(Open, Open with { Flags = Protections.AppendOnly }, null)] } },
        { "space", Refusal.NotPossible, Fine with { Rooms = [new Room(Root, Offer.NeededBytes - 1, null)] } },
        { "space", Refusal.NotPossible, Fine with { Rooms = [new Room(Root, long.MaxValue, Offer.NeededFiles - 1)] } },
    };

    [Theory, MemberData(nameof(InTheWay))]
    public void Whatever_stands_in_the_way_takes_the_offer_back_and_is_the_reason(string question, Refusal reason, ActSurroundings surroundings)
    {
        var judged = Offer.Judge(Stale(Lock), Lock, surroundings, Given.Host(), mayUseWeaker: true);
        Assert.Equal(VerdictWord.Refused, judged.Word);
        Assert.Empty(judged.Actions);
        var block = judged.Evidence.First(e => e.Blocks);
        Assert.Equal(question, block.Question);
        Assert.Contains(block.Detail.TrimEnd('.'), judged.Summary, StringComparison.Ordinal);
        Assert.Contains("pid 4242, is gone", judged.Summary, StringComparison.Ordinal);
        var refused = Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Break, Lock, judged, null));
        Assert.Equal((reason, judged.Summary), (refused.Reason, refused.Sentence));
    }

    [Theory]
    [InlineData("ext4", false, true)]
    [InlineData("overlay", false, true)]
    [InlineData("nfs4", false, false)]
    [InlineData("fuse.bindfs", false, false)]
    [InlineData("nfs4", true, true)]
    [InlineData("fuse.bindfs", true, true)]
    public void Without_an_exchange_in_one_step_a_break_needs_leave_for_the_weaker_protocol(string fileSystem, bool mayUseWeaker, bool isOffered)
    {
        var artefact = Lock with { Mount = Given.Disk with { FileSystem = fileSystem } };
        var judged = Offer.Judge(Stale(Lock), artefact, Fine, Given.Host(), mayUseWeaker);
        Assert.Equal(isOffered, judged.Actions.Count == 1);
        Assert.Equal(isOffered && mayUseWeaker, judged.MayNeedWeaker);
        if (!isOffered)
            Assert.Equal(Refusal.NoExchange, Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Break, artefact, judged, null)).Reason);
    }

    [Theory]
    [InlineData(8u, 0x1EDu, 0u)]
    [InlineData(7u, 0x5EDu, 8u)]
    public void Without_the_right_to_give_files_away_its_group_must_be_ours_or_that_of_a_setgid_directory(uint group, uint mode, uint ofDirectory)
    {
        var surroundings = Fine with { Directory = Open with { Mode = mode, Gid = ofDirectory }, Rights = new ActingRights(8, false, false) { Groups = [group] } };
        Assert.Equal([OperatorAction.Break], Offer.Judge(Stale(Lock), Lock, surroundings, Given.Host(), false).Actions);
    }

    [Fact]
    public void A_mailbox_that_is_a_directory_cannot_be_locked()
    {
        var artefact = Lock with { Subject = Given.Mailbox() with { Kind = FileKind.Directory } };
        Assert.Equal("mailbox-lockable", Offer.Judge(Stale(Lock), artefact, Fine, Given.Host(), false).Evidence.First(e => e.Blocks).Question);
    }

    [Theory]
    [InlineData(FileKind.SymbolicLink)]
    [InlineData(FileKind.Directory)]
    public void What_is_no_regular_file_is_never_exchanged(FileKind kind)
    {
        var artefact = Lock with { File = Lock.File with { Kind = kind } };
        var judged = Offer.Judge(Stale(Lock), artefact, Fine, Given.Host(), false);
        Assert.Equal(("regular-file", 0), (judged.Evidence.First(e => e.Blocks).Question, judged.Actions.Count));
        Assert.Equal(Refusal.Hostile, Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Break, artefact, judged, null)).Reason);
    }

    [Theory]
    [InlineData("/var/mail/alice.lock.mail1.1.2", true)]
    [InlineData("/var/mail/other/alice.lock.mail1.1.2", false)]
    public void A_second_name_in_another_directory_which_the_act_does_not_look_at_takes_the_offer_back(string twin, bool isOffered)
    {
        var artefact = Lock with { Twins = [new Twin(FilePath.FromText(twin), [])] };
        Assert.Equal(isOffered, Offer.Judge(Stale(Lock), artefact, Fine, Given.Host(), false).Actions.Count == 1);
    }

    [Theory]
    [InlineData(LockClass.Posix, 0ul, true)]
    [InlineData(LockClass.Ofd, 0ul, true)]
    [InlineData(LockClass.Posix, 1ul, false)]
    [InlineData(LockClass.Flock, 0ul, false)]
    public void Only_byte_0_by_fcntl_is_the_lock_of_its_own_programs(LockClass kind, ulong start, bool blocks)
    {
        var link = Given.Artefact(Given.File("/var/tmp/.guestfs-8/kernel.4242", "an image", links: 2), directory: Given.Directory("/var/tmp/.guestfs-8", Modes.O755, 8));
        Assert.Equal("/var/tmp/.guestfs-8/checksum", link.FamilyLock!.Value.Text);
        var (checksum, builder) = (Given.File("/var/tmp/.guestfs-8/checksum", "a sum", inode: 77), Given.Process(9, command: "febootstrap"));
        var entry = Given.Lock(checksum, kind, LockMode.Read, PathState.Current, builder);
        var host = Given.Host([builder], [entry with { Lock = entry.Lock with { Start = start } }]);
        var orphan = ArtefactClassifier.Classify(link, host, JudgingOptions.Default)!;
        Assert.Equal(VerdictWord.OrphanLinked, orphan.Word);
        Assert.DoesNotContain(orphan.Evidence, e => e.Detail.Contains("message", StringComparison.Ordinal));

        var judged = Offer.Judge(orphan, link, Fine with { FamilyLock = checksum }, host, false);

        // Whoever is at work there for a moment says nothing about the owner of the name.
        Assert.Equal((VerdictWord.OrphanLinked, blocks ? 0 : 1), (judged.Word, judged.Actions.Count));
        Assert.Equal(VerdictWord.Refused, Offer.Judge(orphan, link, Fine with { FamilyLock = checksum with { Kind = FileKind.SymbolicLink } }, host, false).Word);
        if (blocks)
            Assert.Equal(Refusal.InUse, Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Remove, link, judged, null)).Reason);
    }

    private static Verdict Stale(ArtefactFacts artefact)
    {
        var verdict = ArtefactClassifier.Classify(artefact, Given.Host(), JudgingOptions.Default)!;
        Assert.Equal(VerdictWord.Stale, verdict.Word);
        return verdict;
    }
}

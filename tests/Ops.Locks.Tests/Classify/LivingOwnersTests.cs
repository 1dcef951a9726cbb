using System.Text;
using Ops.Locks.Tests.MailSystems;

namespace Ops.Locks.Tests.Classify;

/// <summary>Every declared convention times every way in which an owner may live, as literals: the same as the agent's test with real processes, in milliseconds.</summary>
public sealed class LivingOwnersTests
{
    private const int Number = 31337;
    private static readonly DateTimeOffset Made = Given.Now.AddDays(-9);
    private static readonly ProcessFacts Owner = Given.Process(Number, Made.AddHours(-1), "owner");
    private static readonly ProcessFacts Other = Given.Process(4711, Made.AddHours(-1), "other");
    private static readonly IReadOnlyList<ConventionFile> Files = ConventionFiles.For(new FileOwner(Number, "mail1", Made));

    /// <summary>Ways in which the one who is named lives: nothing open, nothing locked.</summary>
    private static readonly Dictionary<string, HostFacts> Named = new()
    {
        ["main thread"] = Given.Host([Owner]),
        ["another thread"] = Given.Host([Other], asked: new() { [Number] = new AskedNumber(Answer.Yes, [new ThreadFacts(Number, Other, Made.AddHours(-1))]) }),
        ["known to the kernel alone"] = Given.Host([Other], asked: new() { [Number] = new AskedNumber(Answer.Yes, []) }),
        ["of which the kernel says nothing"] = Given.Host([Other], asked: new() { [Number] = AskedNumber.NotAsked }),
        ["stopped"] = Given.Host([Owner with { State = 'T' }]),
        ["first thread ended, others alive"] = Given.Host([Owner with { State = 'Z', LiveTasks = 2 }]),
        ["in another pid namespace"] = Given.Host([Other with { NamespacePids = [4711, Number] }]),
        ["number of a kernel thread here"] = Given.Host([Owner with { IsKernelThread = true }]),
        ["started within the grey zone"] = Given.Host([Owner with { StartedAt = Made.AddSeconds(1) }]),
        ["hidden"] = Given.Host([], allProcesses: false),
    };

    /// <summary>Ways in which another than the one who is named is on a file.</summary>
    private static readonly Dictionary<string, Func<FileFacts, HostFacts>> On = new()
    {
        ["child of a dead parent, or receiver of a descriptor"] = f => Given.Host([Other], open: [Given.Open(f, Other)]),
        ["open for reading"] = f => Given.Host([Other], open: [Given.Open(f, Other, forWriting: false)]),
        ["mapped only"] = f => Given.Host([Other], open: [Given.Open(f, Other) with { Descriptor = null }]),
        ["through an overlay"] = f => Given.Host([Other], open: [Given.Open(f, Other) with { IsThroughLayer = true, Path = FilePath.FromText("/merged/x") }]),
        ["through another name"] = f => Given.Host([Other], open: [Given.Open(f, Other) with { Path = FilePath.FromText("/elsewhere/x") }]),
        ["locked"] = f => Given.Host([Other], [Given.Lock(f, Other)]),
        ["locked by a descriptor in flight"] = f => Given.Host([Other], [Given.Lock(f)]),
        ["locked as an inode that the name had"] = f => Given.Host([Other], [Given.Lock(f, LockClass.Flock, LockMode.Write, PathState.Replaced, Other)]),
        ["waiting"] = f => Given.Host([Other], [Given.Waiter(f, Other)]),
        ["in a process that cannot be looked into"] = _ => Given.Host([Other], unreadable: [4711]),
        ["in a layer of an overlay"] = f => Given.Host([Other]) with { Layers = [new OverlayLayer(f.Path.Parent, FilePath.FromText("/merged"), 4711)] },
    };

    public static TheoryData<string> NamedWays => [.. Named.Keys];

    public static TheoryData<string> OpenWays => [.. On.Keys];

    [Theory, MemberData(nameof(NamedWays))]
    public void Nothing_that_names_a_living_owner_is_offered(string way) =>
        Assert.Empty(Files.Where(f => f.NamesOwner && IsOffered(ArtefactOf(f), Named[way])).Select(f => f.ToString()));

    [Theory, MemberData(nameof(OpenWays))]
    public void Nothing_that_another_process_is_on_is_offered_whomever_it_names(string way)
    {
        foreach (var file in Files)
        {
            var artefact = ArtefactOf(file);
            Assert.False(IsOffered(artefact, On[way](artefact.File)), file.ToString());
            // Of a lock it is the mailbox as well that its owner is on.
            if (file.Convention is DotLock && artefact.Subject is { } mailbox)
                Assert.False(IsOffered(artefact, On[way](mailbox)), $"mailbox of {file}");
        }
    }

    [Fact]
    public void A_mailbox_that_cannot_be_reached_safely_keeps_every_lock()
    {
        foreach (var file in Files.Where(f => f.Convention is DotLock && f.Mailbox is not null))
        {
            var artefact = ArtefactOf(file);
            var route = new MailboxRoute(artefact.Subject!.Path, [new FollowedLink(artefact.Subject.Path, 8, "/elsewhere"u8.ToArray())], "it is outside");
            Assert.False(IsOffered(artefact with { Route = route }, Given.Host()), file.ToString());
            Assert.False(IsOffered(artefact with { Subject = null, Route = route }, Given.Host()), file.ToString());
            Assert.False(IsOffered(artefact with { Subject = artefact.Subject with { MountId = (ulong)Given.Nfs.Id } }, Given.Host()), file.ToString());
        }
    }

    [Theory, InlineData("nfs4", false), InlineData("overlay", false), InlineData("ext4", true), InlineData(null, false)]
    public void A_session_lock_whose_mailbox_is_where_openers_cannot_be_recognised_is_kept(string? fileSystem, bool isOffered)
    {
        var artefact = Given.Artefact(Given.File("/tmp/.802.2a", "31337:mail1", Modes.O644, age: TimeSpan.FromDays(1)));
        Mount[] mailboxes = fileSystem is null ? [] : [Given.Disk with { Id = 40, Major = 8, Minor = 2, FileSystem = fileSystem }];
        Assert.Equal(isOffered, IsOffered(artefact, Given.Host() with { Mounts = [Given.Disk, .. mailboxes] }));
    }

    /// <summary>Found by the fuzz: in a maildir's <c>tmp</c> any name is that of a message, and age alone would have made a lock there a leftover.</summary>
    [Theory, InlineData(""), InlineData("4711:mail1"), InlineData("no text of a lock"), InlineData(null)]
    public void A_lock_among_the_messages_of_a_maildir_stays_a_lock(string? text)
    {
        var file = Given.File("/home/u/Maildir/tmp/box.lock", text ?? "", Modes.O644, age: TimeSpan.FromDays(9));
        if (text is null)
            file = file with { Content = FileContent.NotRead("EPERM"), Size = 9 };
        var mailbox = Given.Mailbox("/home/u/Maildir/tmp/box");
        var artefact = Given.Artefact(file, mailbox, Given.Directory("/home/u/Maildir/tmp", uid: 8));
        Assert.Contains(artefact.Matches, m => m.Convention is StagingFile);
        var verdict = ArtefactClassifier.Classify(artefact, Given.Host([Other], open: [Given.Open(mailbox, Other)]), JudgingOptions.Default)!;
        Assert.Equal(ArtefactKind.DotLock, verdict.Kind);
        Assert.Empty(verdict.Actions);
    }

    /// <summary>The control: the same files with a dead owner. What the declarations say can be broken or removed is, except where another system keeps a file of that form.</summary>
    [Fact]
    public void What_names_a_dead_owner_is_offered_wherever_its_system_lets_it()
    {
        var kept = Files.Where(f => f.NamesOwner && CanBeOffered(f) && !IsOffered(ArtefactOf(f), Given.Host()))
            .Select(f => $"{f}: {ArtefactClassifier.Classify(ArtefactOf(f), Given.Host(), JudgingOptions.Default)?.Summary}").ToList();
        Assert.True(kept.Count == 0, string.Join('\n', kept));
        Assert.InRange(Files.Where(f => f.NamesOwner && CanBeOffered(f)).Select(f => f.Convention).Distinct().Count(), 40, int.MaxValue);
    }

    private static bool CanBeOffered(ConventionFile file)
    {
        var fits = ConventionMatcher.Fitting(ArtefactOf(file).Matches, ArtefactOf(file).File);
        return fits.Count > 0 && fits.All(m => m.Convention switch
        {
            DotLock dotLock => dotLock.Write is not null,
            StagingFile staging => !staging.OnlyWhenEmpty,
            PidFile pidFile => !pidFile.IsPermanent,
            _ => false,
        });
    }

    private static bool IsOffered(ArtefactFacts artefact, HostFacts host) => ArtefactClassifier.Classify(artefact, host, JudgingOptions.Default)?.Actions.Count > 0;

    private static ArtefactFacts ArtefactOf(ConventionFile file)
    {
        var age = Given.Now - Made;
        var uid = file.Convention is StagingFile staging ? staging.RequiredUid(file.Path.Parent.NameLatin1) ?? 8 : 8;
        var facts = Given.File("/x", Encoding.Latin1.GetString(file.Content), file.Mode, uid, age, kind: file.Kind) with { Path = file.Path };
        var directory = new DirectoryFacts(file.Path.Parent, new FileIdentity(0xfe, 0, 2), Modes.O755, uid, 8);
        var mailbox = file.Mailbox is { } box ? Given.Mailbox() with { Path = box } : null;
        return new ArtefactFacts(
            facts, directory, Given.Disk, ConventionMatcher.Match(NameRow.PlaceOf(file.Path), file.Path), [], mailbox, [], file.Kind == FileKind.Directory ? [] : null);
    }
}

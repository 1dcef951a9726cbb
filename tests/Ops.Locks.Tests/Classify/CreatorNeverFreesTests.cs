using System.Globalization;

namespace Ops.Locks.Tests;

/// <summary>Every kind of file that could be broken or removed, with every kind of creator that could have been seen: with the creator known the verdict is the same as
/// without, or more cautious. The process that made a name may have handed the lock to a child, to its parent, or to another process.</summary>
public sealed class CreatorNeverFreesTests
{
    private const int Named = 4242;
    private const int Maker = 77;

    private static readonly ProcessFacts NamedProcess = Given.Process(Named, Given.Now.AddHours(-3));
    private static readonly ProcessFacts MakerProcess = Given.Process(Maker, Given.Now.AddHours(-3), "dotlockfile");

    private static readonly Dictionary<string, ArtefactFacts> Files = new()
    {
        ["a lock that names its owner"] = Dot("4242\n", Modes.O644),
        ["a lock that names its owner, and is young"] = Dot("4242\n", Modes.O644, TimeSpan.FromSeconds(1)),
        ["a lock that names a process of another host"] = Dot("4242:mail2", Modes.O644),
        ["an empty lock"] = Dot("", Modes.O644),
        ["an empty lock that is young"] = Dot("", Modes.O644, TimeSpan.FromSeconds(1)),
        ["a lock of procmail, old"] = Dot("0", Modes.O444),
        ["a lock on a file system of several hosts"] = Given.Artefact(Given.File("/var/mail/alice.lock", "4242\n", Modes.O644, mount: Given.Nfs), Given.Mailbox(), mount: Given.Nfs),
        ["a lock from before the boot"] = Dot("4242\n", Modes.O644, TimeSpan.FromDays(20)),
        ["an empty lock from before the boot"] = Dot("", Modes.O644, TimeSpan.FromDays(20)),
        ["a lock in a directory of all users"] = Dot("4242\n", Modes.O644) with { Directory = Given.Directory(mode: Modes.O777) },
        ["a lock with two names"] = Given.Artefact(Given.File("/var/mail/alice.lock", "4242\n", Modes.O644, links: 2), Given.Mailbox()),
        ["a symbolic link"] = Given.Artefact(Given.File("/var/mail/alice.lock", "", kind: FileKind.SymbolicLink), Given.Mailbox()),
        ["a hitching post"] = Given.Artefact(Given.File("/var/mail/alice.lock.mail1.5f000000.00001092", "", Modes.O600)),
        ["a staging file of a Maildir"] = Given.Artefact(
            Given.File("/mail/alice/tmp/1700000000.M1P4242.mail1", "half", age: TimeSpan.FromDays(4)), directory: Given.Directory("/mail/alice/tmp", Modes.O700, 8)),
    };

    private static readonly Dictionary<string, Creator> Creators = new()
    {
        ["that was read"] = Seen(MakerProcess),
        ["that was read with its parent"] = Seen(MakerProcess) with { Parent = NamedProcess },
        ["that was gone before it was read"] = Seen(null),
        ["that is the named process"] = Seen(NamedProcess) with { Pid = Named },
        ["of an earlier boot"] = Seen(MakerProcess with { Identity = MakerProcess.Identity with { BootId = Guid.NewGuid() } }),
        ["that had another number in its own namespace"] = Seen(Given.Process(Maker, Given.Now.AddHours(-3), nspids: [Maker, Named])),
        ["that was seen after the last change of the file"] = Seen(MakerProcess) with { SeenAt = Given.Now },
    };

    private static readonly Dictionary<string, HostFacts> Hosts = new()
    {
        ["neither runs"] = Given.Host(),
        ["the creator runs"] = Given.Host([MakerProcess]),
        ["the named process runs"] = Given.Host([NamedProcess]),
        ["both run"] = Given.Host([MakerProcess, NamedProcess]),
        ["another process has the creator's number"] = Given.Host([Given.Process(Maker, Given.Now.AddMinutes(-1))]),
        ["another process has the owner's number"] = Given.Host([Given.Process(Named, Given.Now.AddMinutes(-1)), MakerProcess]),
        ["the creator is a zombie"] = Given.Host([MakerProcess with { State = 'Z', LiveTasks = 0 }]),
        ["a child of the creator has the file open"] = Opened(Given.Process(79, Given.Now.AddHours(-3)) with { ParentPid = Maker }),
        ["processes are hidden"] = Given.Host(allProcesses: false),
        ["processes are hidden, the creator is not"] = Given.Host([MakerProcess], allProcesses: false),
        ["some descriptors cannot be read"] = Given.Host([MakerProcess], unreadable: [Maker]),
        ["the pid namespace is not that of the host"] = Given.Host([MakerProcess], shares: "the processes of this host are not all visible"),
    };

    public static TheoryData<string> AllFiles => [.. Files.Keys];

    [Theory]
    [MemberData(nameof(AllFiles))]
    public void A_creator_makes_no_file_easier_to_break_or_remove(string file)
    {
        foreach (var (seen, creator) in Creators)
        {
            foreach (var (state, host) in Hosts)
                AssertNotEasier(Files[file], creator, host, string.Create(CultureInfo.InvariantCulture, $"{file}, a creator {seen}, {state}"));
        }
    }

    [Fact]
    public void The_files_of_these_tests_reach_the_verdicts_that_allow_something()
    {
        var words = Files.Values.Select(f => Judge(f, Hosts["neither runs"])!.Word).ToHashSet();
        Assert.Superset(new HashSet<VerdictWord> { VerdictWord.Stale, VerdictWord.Orphan, VerdictWord.Refused }, words);
    }

    private static void AssertNotEasier(ArtefactFacts file, Creator creator, HostFacts host, string what)
    {
        var (without, with) = (Judge(file, host), Judge(file with { Creator = creator }, host));
        Assert.True(without is null == with is null, what);
        if (without is null || with is null)
            return;
        Assert.True(with.Word == without.Word || with is { Word: VerdictWord.Refused, Actions: [] }, $"{what}: {without.Word} became {with.Word}");
        Assert.True(with.Actions.All(without.Actions.Contains), $"{what}: offers {string.Join(", ", with.Actions)}");
        Assert.True(with.Owner == without.Owner && with.System == without.System, $"{what}: another owner");
        // All that was asked without it is asked with it, with the same answer, and forbids what it forbade.
        Assert.True(without.Evidence.All(e => with.Evidence.Contains(e)), $"{what}: other evidence");
        Assert.Equal(Questions.CreatorRunning, Assert.Single(with.Evidence.Except(without.Evidence)).Question);
        if (with.Word == without.Word && with.Actions.Count > 0)
            Assert.Equal(Fingerprint.Of(file.File, without), Fingerprint.Of(file.File, with));
    }

    private static Verdict? Judge(ArtefactFacts file, HostFacts host) => ArtefactClassifier.Classify(file, host, JudgingOptions.Default);

    private static ArtefactFacts Dot(string text, uint mode, TimeSpan? age = null) => Given.Artefact(Given.File("/var/mail/alice.lock", text, mode, age: age), Given.Mailbox());

    private static Creator Seen(ProcessFacts? process) => new(Maker, process, null, Given.Now.AddHours(-2));

    private static HostFacts Opened(ProcessFacts child) => Given.Host([child], open: [.. Files.Values.Select(f => Given.Open(f.File, child)).DistinctBy(o => o.File)]);
}

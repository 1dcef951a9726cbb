using FsCheck;
using FsCheck.Fluent;

namespace Ops.Locks.Tests.Fuzz;

/// <summary>
/// Random hosts and files. Whatever they are, nothing is offered while the owner may live, while anybody is on it, or while something could not be seen. The rules are written here a second time,
/// in the plainest words, over the facts and not over the evidence.
/// </summary>
public sealed class ClassifierFuzz
{
    private static readonly int[] Pids = [100, 200, 300, 4_000_000];
    private static readonly string[] Hosts = ["mail1", "MAIL1", "mx9", "mail", "mail1.lab.example", "alias1"];

    // Names with the pid as {0}, host as {1}, the same pid in hexadecimal as {2}, in procmail's figures as {3}.
    private static readonly string[] Names =
    [
        "/var/mail/alice.lock", "/var/mail/alice.lock.{1}.6b016ba0.{2}", "/var/mail/alice.lock.1795245600.{0}.{1}", "/var/mail/alice.lock.1795245600.{1}.{0}", "/var/mail/alice.{1}.{0}",
        "/var/mail/alice.{0}.1795245600.{1}", "/var/mail/.lk{0:00000}5{1}", "/var/mail/_{3}.TfUArB.{1}", "/var/mail/{0}.1795245600.1.{1}", "/var/mail/alice.lock0aB1cD2eF3gH4iJ5{1}", "/home/a/.fdm.lock",
        "/home/a/Maildir/tmp/1795245600.M5P{0}.{1}", "/home/a/Maildir/tmp/1795245600.{0}.{1}", "/home/a/Maildir/tmp/anything", "/home/a/Maildir/dovecot-uidlist.lock", "/home/a/Maildir/dovecot-uidlist.tmp",
        "/home/a/Maildir/subscriptions.lock", "/spool/stage./{0}-1795245600-0", "/spool/sync./{0}/0123456789abcdef0123456789abcdef01234567", "/x/proc/{0}", "/x/socket/idle.{0}", "/run/x.pid", "/run/lock/LCK..ttyS0",
        "/q/pid/master.pid", "/q/incoming/1234.{0}", "/var/tmp/.guestfs-8/root.{0}", "/var/tmp/.guestfs-8/appliance.d.abcdefgh", "/var/tmp/guestfs.AbCdEf", "/tmp/.fe00.b7c5a7", "/home/a/list.lck", "/home/a/list.lck|{1}|{0}|12345",
        "/home/a/oldmail-x.tmp.{0}", "/home/a/.mutt-{1}-{0}-1", "/home/a/maildirsize{1}.{0}.0123456789abcdef", "/home/a/.temp.{1}.{0}.0123456789abcdef", "/home/a/1r5Abc-0007RJ-2x-0007RJ.tmp",
    ];

    [Fact]
    public void An_act_is_offered_only_when_the_owner_is_gone_and_no_process_uses_it()
    {
        var offered = 0;
        Cases.Check(Scenes(), scene =>
        {
            var (artefact, host, claims) = scene;
            var verdict = ArtefactClassifier.Classify(artefact, host, JudgingOptions.Default);
            if (verdict is null)
                return;
            Assert.Equal(verdict.Word switch
            {
                VerdictWord.Stale when verdict.Actions.Count > 0 => [OperatorAction.Break],
                VerdictWord.Orphan or VerdictWord.OrphanLinked => [OperatorAction.Remove],
                _ => [],
            }, verdict.Actions);
            if (verdict.Word is not (VerdictWord.Stale or VerdictWord.Orphan or VerdictWord.OrphanLinked))
                return;

            offered++;
            var file = artefact.File;
            Assert.DoesNotContain(verdict.Evidence, e => e.Blocks);
            Assert.Equal(Answer.No, verdict.Owner.IsAlive);
            Assert.True(artefact.Mount is { IsLocal: true } && host.SharesLocalDisks is null, "other hosts may have it open");
            Assert.True(host.Processes.IsComplete || file.ChangedAt.ToDateTimeOffset() < host.BootedAt || !claims.Any(), "a process may be hidden");
            Assert.True(host.SeesAllOpenFiles && host.Locks.Gaps.Count == 0, "a descriptor may be hidden");
            Assert.True(JudgingOptions.Default.Youngest(file) + JudgingOptions.Default.GracePeriod <= host.Now, "it is too young");
            Assert.Null(artefact.Directory.ReachedThrough);
            Assert.False(artefact.Directory.IsOpenToAnyone);
            FileFacts[] watched = [file, .. artefact.Subject is { } mailbox ? [mailbox] : Array.Empty<FileFacts>(), .. artefact.Contents ?? []];
            foreach (var one in watched)
            {
                Assert.DoesNotContain(host.Locks.Entries, e => e.File == one.Identity);
                Assert.Empty(host.OpenFiles.Of(one.Identity));
            }
            Assert.DoesNotContain(claims, c => host.Processes.Processes.Values.Any(p => MayBeOwner(p, c, file, host)));
        });
        Assert.True(offered > 100, $"only {offered} cases offered anything: the invariant was hardly tried");
    }

    [Fact]
    public void Whom_a_file_names_and_who_lives_is_never_called_gone() => Cases.Check(Scenes(), scene =>
    {
        var (artefact, host, claims) = scene;
        if (ArtefactClassifier.Classify(artefact, host, JudgingOptions.Default) is { } verdict
            && claims.Any(c => host.Processes.Processes.Values.Any(p => MayBeOwner(p, c, artefact.File, host))))
        {
            Assert.NotEqual(Answer.No, verdict.Owner.IsAlive);
            Assert.Empty(verdict.Actions);
        }
    });

    [Fact]
    public void A_kernel_lock_is_never_stale_and_nothing_is_offered_for_it() => Cases.Check(Scenes(), scene =>
    {
        var judged = KernelLockClassifier.Classify(scene.Host);
        Assert.Equal(scene.Host.Locks.Entries.Sum(e => Math.Max(1, e.Parties.Count)), judged.Count);
        Assert.All(judged, l =>
        {
            Assert.Contains(l.Verdict.Word, (VerdictWord[])[VerdictWord.Held, VerdictWord.Waiting, VerdictWord.GhostWrite]);
            Assert.Empty(l.Verdict.Actions);
            Assert.DoesNotContain(l.Party?.Process.Pid ?? 0, l.BlockedBy);
        });
    });

    /// <summary>Alive, with that number in some namespace, and there before the file was last changed (or too close to tell); and the file is of this boot and this host.</summary>
    private static bool MayBeOwner(ProcessFacts process, OwnerClaim claim, FileFacts file, HostFacts host)
    {
        var changed = file.ChangedAt.ToDateTimeOffset();
        return (process.Pid == claim.Pid || process.NamespacePids.Contains(claim.Pid))
            && (process.State is not ('Z' or 'X') || process.LiveTasks > 0)
            && process.StartedAt <= changed
            && (claim.At is not { } at || at > changed || process.StartedAt <= at)
            && changed > host.BootedAt;
    }

    private static Gen<Scene> Scenes() => from seed in Gen.Choose(0, int.MaxValue) select SceneOf(new Random(seed));

    private static Scene SceneOf(Random random)
    {
        var pid = Pids[random.Next(Pids.Length)];
        var hostName = Hosts[random.Next(Hosts.Length)];
        var path = string.Format(System.Globalization.CultureInfo.InvariantCulture, Names[random.Next(Names.Length)], pid, hostName, pid.ToString("x8", System.Globalization.CultureInfo.InvariantCulture), Procmail(pid));
        string[] texts =
        [
            "", "0", "0\n", "0\0", $"{pid}\n", $"{pid}", $"{pid}:{hostName}", $"{pid}:{hostName}\n", $"      {pid}\n", "From x\n\n", $"/home/a/list.lck|{hostName}|{pid}|12345", "-1\n", "1\n",
            "imap\tlocalhost [127.0.0.1]\tfred\t\tAppend\n",
        ];
        var text = texts[random.Next(texts.Length)];
        uint[] modes = [0, Look.Octal(600), Look.Octal(644), Look.Octal(444), Look.Octal(666)];
        var kind = Rare(random) ? (FileKind)random.Next(8) : path.Contains("appliance.d", StringComparison.Ordinal) || path.Contains("/guestfs.", StringComparison.Ordinal) ? FileKind.Directory
            : path.Contains("idle.", StringComparison.Ordinal) ? FileKind.Socket : FileKind.Regular;
        var file = Given.File(path, text, modes[random.Next(modes.Length)], Rare(random) ? 1007u : 8u, Age(random), Rare(random) ? 2u : 1u, kind, 100, Age(random));
        var mailbox = SubjectOf(file, random);
        var processes = Pids.Where(_ => random.Next(3) == 0)
            .Select(p => Given.Process(p, Given.Now - Age(random) + TimeSpan.FromSeconds(random.Next(-3, 4)), state: "SRDTZ"[random.Next(5)], liveTasks: random.Next(3), uid: Rare(random) ? 0u : 8u,
                nspids: Rare(random) ? [p, Pids[random.Next(Pids.Length)]] : null, kernel: Rare(random)))
            .ToList();
        var other = Given.Process(77, Given.Now.AddDays(-2), "other");
        processes.Add(other);
        var there = processes[random.Next(processes.Count)];
        var locks = new List<LockEntry>();
        var open = new List<OpenFile>();
        foreach (var on in new[] { file, mailbox }.OfType<FileFacts>())
        {
            if (Rare(random))
                locks.Add(Given.Lock(on, (LockClass)random.Next(1, 4), (LockMode)random.Next(1, 3), (PathState)random.Next(4), random.Next(3) == 0 ? [] : [there]));
            if (Rare(random))
                locks.Add(Given.Waiter(on, there, (PathState)random.Next(4)));
            if (Rare(random))
                open.Add(Given.Open(on, there, random.Next(2) == 0));
        }
        var host = Given.Host(processes, locks, open, !Rare(random), Rare(random) ? [77] : null, Rare(random) ? "an NFS server runs here" : null, Rare(random) ? ["alias1"] : null);
        var directory = Given.Directory(file.Path.Parent.Text, Rare(random) ? 0x1FFu : path.Contains(".guestfs-", StringComparison.Ordinal) ? 0x1EDu : 0x5FDu, Rare(random) ? 0u : 8u);
        if (Rare(random))
            directory = directory with { ReachedThrough = FilePath.FromText("/link"), RealPath = directory.Path };
        var artefact = Given.Artefact(file, mailbox, directory, Rare(random) ? Given.Nfs : Given.Disk, Rare(random) ? [FilePath.FromText("/var/mail/_HWC.TfUArB.mail1")] : null,
            kind == FileKind.Directory ? [] : null);
        return new Scene(artefact, host, [.. ClaimsOf(artefact, host)]);
    }

    // Whom the file names, read with the declared conventions that fit: what they read is tried elsewhere.
    private static IEnumerable<OwnerClaim> ClaimsOf(ArtefactFacts artefact, HostFacts host)
    {
        foreach (var match in ConventionMatcher.Fitting(artefact.Matches, artefact.File))
        {
            IEnumerable<OwnerClaim> claims = match.Convention switch
            {
                DotLock dotLock => dotLock.ReadHolder(artefact.File.Content) is { } claim ? [claim] : [],
                PidFile pidFile => pidFile.ReadHolder(artefact.File.Content) is { } claim ? [claim] : [],
                StagingFile => StagingClassifier.Claims(match, artefact.Directory, host),
                _ => [],
            };
            foreach (var claim in claims)
                yield return claim;
        }
    }

    private static FileFacts? SubjectOf(FileFacts file, Random random) =>
        ArtefactClassifier.SubjectOf(file.Path) is { } subject && random.Next(4) > 0 ? Given.File(subject.Text, "From x\n\n", age: Age(random), inode: 50) : null;

    private static TimeSpan Age(Random random)
    {
        TimeSpan[] ages =
        [
            TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(31), TimeSpan.FromHours(3), TimeSpan.FromDays(2), TimeSpan.FromDays(9), TimeSpan.FromDays(30),
            TimeSpan.FromSeconds(-30),
        ];
        return ages[random.Next(ages.Length)];
    }

    // Most circumstances are ordinary: else hardly anything would ever be offered.
    private static bool Rare(Random random) => random.Next(12) == 0;

    private static string Procmail(int number)
    {
        const string figures = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var text = "";
        for (; number > 0; number /= 64)
            text += figures[number % 64];
        return text;
    }

    private sealed record Scene(ArtefactFacts Artefact, HostFacts Host, IReadOnlyList<OwnerClaim> Claims);
}

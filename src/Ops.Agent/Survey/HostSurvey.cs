using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at the host and judges: every finding of scans, previews and verifications comes from here, by the same code.</summary>
/// <remarks>May be used from several threads.</remarks>
public sealed partial class HostSurvey : IHostWatch
{
    // A look at all processes costs tens of milliseconds; what a console asks for in between is answered from the loop's last one.
    private static readonly TimeSpan FreshEnough = TimeSpan.FromSeconds(30);
    private const int LookAgain = 3;
    private readonly AgentSettings _settings;
    private readonly TimeProvider _clock;
    private readonly HostReader _reader;
    private readonly FindingFactory _factory;
    private readonly IReadOnlyList<ScanRoot> _roots;
    private readonly Lock _gate = new();
    private readonly MountProbe _probe = new();
    private readonly ReaderOptions _readerOptions;
    private readonly Lazy<ProtectedProcesses> _protected;
    private readonly bool _canAsk;
    private Dictionary<FileIdentity, LockedFile> _lockedFiles = [];
    private LockTable _lastLocks = LockTable.Empty;
    private StoresLook? _lastStores;
    private Dictionary<FileIdentity, FilePath> _mailboxes = [];

    public HostSurvey(AgentSettings settings, TimeProvider clock)
    {
        _settings = settings;
        _clock = clock;
        _readerOptions = new ReaderOptions { Say = WithWhatIsSaid };
        _reader = new HostReader(_readerOptions, clock, settings.Policy.HostAliases);
        _sleep = new SleepWatch(_reader.Processes, clock);
        if (BootMemory.Read(settings.StateDirectory, _reader.Processes.BootId) is { } earliest)
            _reader.Processes.RememberBoot(earliest);
        _factory = new FindingFactory(settings.HostName, settings.Judging, Users.NameOf, OffersFor);
        _protected = new(() => Protected);
        _canAsk = new Doveadm(settings.Policy.Doveadm, settings.Policy.EndWait).IsInstalled;
        _roots = [.. settings.Roots.Select(r => new ScanRoot(r.Path, r.TopLevelOnly))];
        Standing = StandingBlindSpots();
    }

    public Guid BootId => _reader.Processes.BootId;

    public IReadOnlyList<BlindSpot> Standing { get; }

    /// <summary>Keeps what has been seen of the clock for the next agent of this boot.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void KeepBootTime() => BootMemory.Keep(_settings.StateDirectory, BootId, _reader.Processes.EarliestBoot);

    /// <summary>This process, as others will see it.</summary>
    internal ProcessIdentity OwnProcess =>
        _reader.Processes.ReadProcess(Environment.ProcessId)?.Identity ?? new ProcessIdentity(BootId, Environment.ProcessId, 0);

    /// <summary>Everything below the roots: files first, then processes, locks and open files, so that an owner who takes its lock in between is seen.</summary>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public Survey SurveyStores(CancellationToken stop) => SurveyStores(withLocks: true, stop);

    /// <summary>Every kernel lock of this host.</summary>
    public Survey SurveyLocks(CancellationToken stop)
    {
        var survey = SurveyLocks(null, stop);
        var stores = MayMeetDotLocks(survey.Locks) ? LastStores() : null;
        return survey with { Findings = [.. survey.Findings, .. DeadlockFindings(survey.Host, survey.Locks, stores, stop)] };
    }

    private Survey SurveyLocks(LockTable? before, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var started = _clock.GetTimestamp();
        var processes = _reader.Processes.ReadProcesses();
        var host = WithMailboxLooks(_reader.Look(processes, _reader.Processes.ReadLocks(processes, before), OpenFileIndex.Empty));
        var locks = KernelLockClassifier.Classify(host);
        var findings = LockFindings(locks, host)
            .OrderBy(f => AreaScan.PathOf(f)).ThenBy(f => f.Lock!.Group, StringComparer.Ordinal).ThenBy(f => f.Lock!.Depth).ThenBy(f => f.Process?.Pid ?? 0).ToList();
        return new Survey(host, findings, locks, Gaps(host), [], HasFailed(host), null, _clock.GetElapsedTime(started));
    }

    public AreaScan LookAtLocks(CancellationToken stop)
    {
        var survey = SurveyLocks(_lastLocks, stop);
        _lastLocks = survey.Host.Locks;
        var relations = LockRelations(survey.Host).Select(r => _factory.OfRelation(r, survey.Host.Now));
        StoresLook? stores;
        lock (_gate)
            stores = _lastStores;
        return new AreaScan(ScanArea.KernelLocks, [.. survey.Findings, .. relations, .. DeadlockFindings(survey.Host, survey.Locks, stores, stop)], survey.BlindSpots, [], survey.Duration)
        {
            Gone = survey.Host.Locks.Released.SelectMany(e => e.Parties.Select(p => FindingFactory.KeyOf(e, p))).ToHashSet(),
        };
    }

    public AreaScan LookAtStores(CancellationToken stop)
    {
        var survey = SurveyStores(withLocks: false, stop);
        return new AreaScan(ScanArea.Stores, survey.Findings, survey.BlindSpots, survey.NotLookedAt, survey.Duration);
    }

    /// <summary>Why nothing at this path may be touched now, not even to look: its file system would keep us waiting for ever. Null when it answers.</summary>
    internal string? SilenceAt(FilePath path) => _probe.SilentAt(path) is { } mount ? $"Nothing is known: {MountProbe.Words(mount)}." : null;

    /// <summary>One name, by itself and afresh. Null when nothing is there, or nothing that any mail system leaves.</summary>
    public CloseLook? LookAt(FilePath path)
    {
        var reader = ReaderOf(new MountReader(_readerOptions).Read().Mounts);
        if (!reader.Read(path).TryGet(out var read) || Ours(read) is not { } artefact)
            return null;
        var host = Look([artefact]);
        var surroundings = Surroundings();
        // Nothing is offered then, so the time that a search takes keeps nobody from acting.
        if (Classify(artefact, host, surroundings) is { Word: VerdictWord.GhostWrite })
            artefact = WithOtherNames([artefact], host.Mounts, CancellationToken.None)[0];
        return Classify(artefact, host, surroundings) is { } verdict
            ? new CloseLook(artefact, verdict, host, _factory.OfArtefact(artefact, verdict, host.Now))
            : null;
    }

    public ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since) => Explain(subject, since, anywhere: false);

    /// <param name="anywhere">For a person on this host. A console is told of files below the roots only: what others say is none of its business.</param>
    public ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since, bool anywhere)
    {
        var stores = LastStores();
        if (subject.StartsWith('/') && FilePath.FromText(subject) is var asked && (anywhere || StoreRoots.Cover(_settings.Roots, asked)) && SilenceAt(asked) is null)
            RememberMailbox(asked);
        var locks = SurveyLocks(null, CancellationToken.None);
        var files = subject.StartsWith('/')
            ? new[] { subject, subject + ".lock" }.Select(FilePath.FromText).Where(p => (anywhere || (FilePath.FromText(subject).SaysWhereItLeads && StoreRoots.Cover(_settings.Roots, p))) && SilenceAt(p) is null)
                .Select(p => LookAt(p)?.Finding).OfType<Finding>().ToList()
            : [.. LastStores().Findings];
        var waits = WaitsOf(locks.Host, locks.Locks, stores, CancellationToken.None);
        var now = _clock.GetUtcNow();
        IEnumerable<Relation> relations = [.. stores.Relations, .. LockRelations(locks.Host), .. Deadlock.Find(waits, locks.Host)];
        var known = files.Concat(relations.Select(r => _factory.OfRelation(r, now))).DistinctBy(f => f.Key).Concat(locks.Findings).Select(f => f with { Since = since(f.Key) });
        var answer = Explainer.Explain(subject, [.. known], waits, now);
        return answer.Findings.Count > 0 ? answer : answer with { Lines = [.. answer.Lines, .. UnknownSubject.Explain(SearchFor(subject, anywhere, locks))] };
    }

    /// <summary>Whether the process that wrote this intent still runs.</summary>
    internal bool IsRunning(JournalIntent intent) =>
        intent.BootId == BootId && _reader.Processes.ReadProcess(intent.Pid) is { IsAlive: true } process && process.Identity.StartTicks == intent.StartTicks;

    /// <summary>For the moment in which we hold lock and mailbox ourselves: is anybody else on the mailbox? Null when nobody is, for certain.</summary>
    internal BreakDecision.Refused? ForeignActivityOn(FileFacts? mailbox)
    {
        if (mailbox is null)
            return null;
        var host = _reader.Look(new HashSet<FileIdentity> { mailbox.Identity }, new HashSet<int>());
        var us = Environment.ProcessId;
        foreach (var entry in host.Locks.Entries.Where(e => e.File == mailbox.Identity || e.Path == mailbox.Path && e.PathState is PathState.Replaced or PathState.Deleted))
        {
            if (entry.Parties.Count == 0)
                return new(Refusal.InUse, "A kernel lock of somebody who could not be found is on the mailbox.");
            if (entry.Parties.FirstOrDefault(p => p.Process.Pid != us) is { } party)
                return new(Refusal.InUse, $"Pid {party.Process.Pid} ({FilePath.Escape(party.Process.Command)}) {(entry.Lock.IsWaiter ? "waits for" : "has")} a kernel lock on the mailbox.");
        }
        if (host.OpenFiles.WithoutOthers([mailbox]).Of(mailbox.Identity).FirstOrDefault(o => o.Process.Pid != us) is { } open)
            return new(Refusal.InUse, $"Pid {open.Process.Pid} ({FilePath.Escape(open.Process.Command)}) has the mailbox open.");
        return host.SeesAllOpenFiles && host.Locks.Gaps.Count == 0 && host.Processes.IsComplete
            ? null
            : new(Refusal.InUse, "Not all processes could be looked into, so somebody may have the mailbox open.");
    }

    /// <summary>Whether a mailbox begins as mbox files do, or as one that was cut off within its first bytes.</summary>
    internal static bool LooksLikeMbox(FilePath mailbox) =>
        ArtefactReader.ReadStart(mailbox, 5).TryGet(out var bytes) && bytes.Length > 0 && bytes.AsSpan().SequenceEqual("From "u8[..bytes.Length]);

    private Survey SurveyStores(bool withLocks, CancellationToken stop)
    {
        var started = _clock.GetTimestamp();
        var mounts = new MountReader(_readerOptions).Read().Mounts;
        var sessions = withLocks ? SessionLocksElsewhere() : [];
        // Locked session locks too whose name has gone: two holders of such a one are what a mailbox is in danger of.
        HashSet<FileIdentity> sought = [.. sessions.Keys, .. MailboxesOfMbxLocks(withLocks ? _reader.Processes.ReadLocks(_reader.Processes.ReadProcesses()) : _lastLocks).Select(x => x.Mailbox)];
        var scan = new StoreScanner(mounts, IsCandidate, _probe.Silent(mounts, _roots.Select(r => r.Path)), sought).Scan(_roots, stop);
        var reader = ReaderOf(mounts);
        List<ArtefactFacts> artefacts =
        [
            .. scan.Artefacts.Select(Ours).OfType<ArtefactFacts>(),
            .. scan.Found.Keys.Where(sessions.ContainsKey).SelectMany(mailbox => sessions[mailbox]).Select(path => reader.Read(path)).Where(r => r.Succeeded).Select(r => AsSaid(r.Value)),
        ];
        artefacts = WithOtherNames(artefacts, mounts, stop);
        var host = LookForScan(artefacts);
        var (judged, files, recheck) = Judge(artefacts, ref host, stop);
        var now = host.Now;
        var mailboxes = judged.Select(j => j.Artefact.Subject).OfType<FileFacts>().Where(f => f.Kind == FileKind.Regular).DistinctBy(f => f.Identity).ToDictionary(f => f.Identity, f => f.Path);
        foreach (var (identity, path) in scan.Found)
            mailboxes.TryAdd(identity, path);
        lock (_gate)
            _mailboxes = mailboxes;
        var ghosts = host.OpenFiles.Nameless.Select(o => GhostOf(o, host)).OfType<GhostFile>().ToList();
        var among = RelationFinder.AmongFiles(judged, host, ghosts, _sleep.SleepsOnTimer);
        IReadOnlyList<Relation> relations = [.. among, .. LostLocks(host), .. Habits(judged, among, host), .. Obstacles(judged, host)];
        files.AddRange(relations.Select(r => _factory.OfRelation(r, now)));
        IReadOnlyList<KernelLockVerdict> locks = withLocks ? KernelLockClassifier.Classify(host) : [];
        var mbx = withLocks ? MbxLocksOfStores(host, scan.Found) : [];
        var below = locks.Where(l => l.Entry.Path is { } path && (IsBelowRoots(l.Entry) || mbx.Contains(path))).ToList();
        if (withLocks)
            files.AddRange(LockRelations(host).Where(r => IsBelowRoots(r.Path) || mbx.Contains(r.Path)).Select(r => _factory.OfRelation(r, now)));
        var stores = new StoresLook(_clock.GetTimestamp(), [.. files], relations, HeldDotLock.Among(judged, host));
        if (withLocks)
            files.AddRange(DeadlockFindings(host, locks, stores, stop).Where(f => IsBelowRoots(AreaScan.PathOf(f))));
        IReadOnlyList<Finding> findings =
        [
            .. files.OrderBy(f => AreaScan.PathOf(f)),
            .. withLocks ? LockFindings(below, host).OrderBy(f => AreaScan.PathOf(f)).ThenBy(f => f.Lock!.Depth) : Enumerable.Empty<Finding>(),
        ];
        lock (_gate)
            _lastStores = stores;
        // What is left out by rule (a link out of the store) is told, but nothing has failed.
        return new Survey(
            host, findings, locks,
            [.. scan.Gaps.Select(g => new BlindSpot("store", g.Path.IsEmpty ? g.Why : $"{g.Path.Display}: {g.Why}")), .. Gaps(host)],
            [.. scan.Gaps.Where(g => !g.Path.IsEmpty).Select(g => g.Path)],
            scan.Gaps.Any(g => g.Error != Errno.None) || HasFailed(host), recheck, _clock.GetElapsedTime(started));
    }

    private ArtefactReader ReaderOf(IReadOnlyList<Mount> mounts) =>
        new(mounts, [.. _roots.Where(r => !r.TopLevelOnly).Select(r => r.Path)], path => _probe.SilentAt(path) is not null);

    private bool IsBelowRoots(FilePath path) => StoreRoots.Cover(_settings.Roots, path) || _settings.Roots.Any(r => r.Path == path);

    /// <summary>Session locks in <c>/tmp</c> by the mailbox that they are named after, where no root covers them: they lie there wherever the mailbox is.</summary>
    private Dictionary<FileIdentity, List<FilePath>> SessionLocksElsewhere()
    {
        var directory = FilePath.FromText("/tmp");
        if (SilenceAt(directory) is not null || StoreRoots.Cover(_settings.Roots, directory.Join(".0.0")))
            return [];
        try
        {
            return Directory.EnumerateFileSystemEntries(directory.Text).Select(FilePath.FromText).Where(path => path.Name is [(byte)'.', ..])
                .Select(path => (Path: path, Mailbox: NamedFile.MailboxOfMbxLock(path))).Where(x => x.Mailbox is not null)
                .GroupBy(x => x.Mailbox!.Value, x => x.Path).ToDictionary(g => g.Key, g => g.ToList());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Names of locked MBX lock files whose mailbox somebody has open below a root: they lie in <c>/tmp</c>, wherever the mailbox is.</summary>
    private HashSet<FilePath> MbxLocksOfStores(HostFacts host, IReadOnlyDictionary<FileIdentity, FilePath> found)
    {
        var mailboxes = MailboxesOfMbxLocks(host.Locks);
        if (mailboxes.Count == 0)
            return [];
        var open = _reader.Processes.ReadOpenFiles(host.Processes, mailboxes.Select(x => x.Mailbox).ToHashSet());
        return [.. mailboxes.Where(x => found.ContainsKey(x.Mailbox) || open.Of(x.Mailbox).Any(o => o.Path is { } path && IsBelowRoots(path))).Select(x => x.Path)];
    }

    private static List<(FilePath Path, FileIdentity Mailbox)> MailboxesOfMbxLocks(LockTable locks) =>
    [
        .. locks.Entries.Select(e => e.Path).OfType<FilePath>().Distinct()
            .Select(path => (Path: path, Mailbox: NamedFile.MailboxOfMbxLock(path))).Where(x => x.Mailbox is not null).Select(x => (x.Path, x.Mailbox!.Value)),
    ];

    private IReadOnlyList<ArtefactKind>? KindsAt(FilePath path) => StoreRoots.Covering(_settings.Roots, path)?.Kinds;

    private bool IsCandidate(PlaceFacts place, ReadOnlySpan<byte> name) => ConventionMatcher.IsCandidate(place, name)
        && (place.Directory.Join(name) is var path && KindsAt(path) is not { } kinds || ConventionMatcher.Match(place, path).Any(m => kinds.Contains(m.Convention.Kind)));

    /// <summary>The artefact as far as its root is looked at for its kind, with what the policy says of its file system; null when it is none of those.</summary>
    private ArtefactFacts? Ours(ArtefactFacts artefact)
    {
        artefact = AsSaid(artefact);
        if (KindsAt(artefact.File.Path) is not { } kinds)
            return artefact;
        List<ConventionMatch> wanted = [.. artefact.Matches.Where(m => kinds.Contains(m.Convention.Kind))];
        return wanted.Count == 0 ? null : artefact with { Matches = wanted };
    }

    // The mount is marked if anything on it is meant; of an artefact it holds only if that lies in a directory that was named.
    private ArtefactFacts AsSaid(ArtefactFacts artefact) => artefact.Mount is { IsSaidUnshared: true } mount && !_settings.Policy.SaysUnshared(artefact.File.Path, mount)
        ? artefact with
        {
            Mount = mount with { IsSaidUnshared = false },
            Guards = artefact.Guards?.Select(g => g.Lock is { } guard ? g with { Lock = AsSaid(guard) } : g).ToList(),
        }
        : artefact;

    /// <summary>Marks the mounts that hold directories which the policy calls unshared. One that does not answer is not: nobody must go there.</summary>
    private IReadOnlyList<Mount> WithWhatIsSaid(IReadOnlyList<Mount> mounts)
    {
        if (_settings.Policy.Unshared.Count == 0)
            return mounts;
        var places = _settings.Policy.Unshared.Select(FilePath.FromText).ToList();
        var meant = places.Select(p => Mount.At(mounts, p)).OfType<Mount>().Where(m => !m.IsLocalDisk).Distinct().ToList();
        var silent = _probe.Silent(meant, places);
        return [.. mounts.Select(m => meant.Contains(m) && !silent.Contains(m) ? m with { IsSaidUnshared = true } : m)];
    }

    /// <param name="surroundings">One for the whole scan: what is true of a directory is asked once.</param>
    private Verdict? Classify(ArtefactFacts artefact, HostFacts host, SurroundingsReader surroundings) =>
        ArtefactClassifier.Classify(artefact, host, _settings.Judging) is not { } verdict ? null
        : verdict.Actions.Count == 0 ? verdict
        : Allowed(Offer.Judge(verdict, artefact, surroundings.Read(artefact), host, _settings.Policy.AllowsWeaker(artefact.File.Path)), host.Now);

    /// <summary>What the administrator of this host does not allow is not offered. That changes nothing about what is true of the file.</summary>
    private Verdict Allowed(Verdict verdict, DateTimeOffset now) =>
        verdict.Actions is [var action, ..] && _settings.Policy.WhyNot(action, verdict.Kind) is { } why
            ? verdict with
            {
                Actions = [],
                Summary = $"{verdict.Summary} {why}",
                Evidence = [.. verdict.Evidence, new Evidence(Questions.Policy, Answer.No, "policy", why, now, Blocks: true)],
            }
            : verdict;

    private SurroundingsReader Surroundings() => new(path => StoreRoots.Covering(_settings.Roots, path)?.Path, path => _probe.SilentAt(path) is not null);

    private HostFacts LookForScan(IReadOnlyList<ArtefactFacts> artefacts) => WithMailboxLooks(Look(artefacts).WithoutHoldsOf(Environment.ProcessId));

    private HostFacts Look(IReadOnlyList<ArtefactFacts> artefacts)
    {
        var all = artefacts.Concat(artefacts.SelectMany(a => a.Guards ?? []).Select(g => g.Lock).OfType<ArtefactFacts>()).ToList();
        var below = OverlayBelow.Of(all, path => _probe.SilentAt(path) is not null);
        var host = _reader.Look(all.SelectMany(WatchedFor).Concat(below.Keys).ToHashSet(), ClaimedNumbers.Of(artefacts), LockedBelowRoots, artefacts.Any(ScriptOwner.IsAskedFor));
        host = host with { OpenFiles = host.OpenFiles.WithoutOthers(all.SelectMany(KnownOf)) };
        return below.Count == 0 ? host : host with { OpenFiles = host.OpenFiles.WithLayersBelow(below) };
    }

    private static IEnumerable<FileFacts> KnownOf(ArtefactFacts artefact) =>
        [artefact.File, .. artefact.Subject is { } subject ? [subject] : Array.Empty<FileFacts>(), .. artefact.Neighbours, .. artefact.Contents ?? []];

    /// <summary>The files, and directories, of which a verdict on this artefact asks who has them open.</summary>
    private static IEnumerable<FileIdentity> WatchedFor(ArtefactFacts artefact)
    {
        yield return artefact.File.Identity;
        // Who is in the directory of a lock may mean it by a bare name.
        if (artefact.Matches.Any(m => m.Convention is DotLock))
            yield return artefact.Directory.Identity;
        if (artefact.Subject is { } subject)
            yield return subject.Identity;
        foreach (var inside in artefact.Neighbours.Concat(artefact.Contents ?? []))
            yield return inside.Identity;
        // A session lock in /tmp names its mailbox.
        if (artefact.Matches.Any(m => m.Convention is MbxLock) && NamedFile.MailboxOfMbxLock(artefact.File.Path) is { } mailbox)
            yield return mailbox;
    }

    /// <summary>Judges, then looks once more at whatever could be touched: what changed meanwhile is judged anew.</summary>
    private (List<JudgedArtefact> Judged, List<Finding> Findings, DateTimeOffset? Recheck) Judge(List<ArtefactFacts> artefacts, ref HostFacts host, CancellationToken stop)
    {
        var judged = new List<JudgedArtefact>(artefacts.Count);
        var findings = new List<Finding>(artefacts.Count);
        DateTimeOffset? recheck = null;
        var (reader, surroundings) = (ReaderOf(host.Mounts), Surroundings());
        for (var round = 0; artefacts.Count > 0; round++)
        {
            stop.ThrowIfCancellationRequested();
            var again = new List<ArtefactFacts>();
            foreach (var artefact in artefacts)
            {
                if (Classify(artefact, host, surroundings) is not { } verdict)
                    continue;
                if (verdict.Actions.Count > 0 && !(ArtefactReader.Stat(artefact.File.Path).TryGet(out var now) && now.IsUnchangedSince(artefact.File)))
                {
                    if (!reader.Read(artefact.File.Path).TryGet(out var read) || Ours(read) is not { } fresh)
                        continue; // gone: nothing to report
                    if (round < LookAgain)
                    {
                        again.Add(fresh);
                        continue;
                    }
                    verdict = verdict with { Word = VerdictWord.Refused, Actions = [], Summary = "Left alone: it changed each time it was looked at." };
                }
                recheck = verdict.Recheck is { } at && (recheck is null || at > recheck) ? at : recheck;
                judged.Add(new JudgedArtefact(artefact, verdict));
                findings.Add(_factory.OfArtefact(artefact, verdict, host.Now));
            }
            artefacts = again;
            if (again.Count > 0)
                host = LookForScan(again);
        }
        return (judged, findings, recheck);
    }

    private List<Finding> LockFindings(IReadOnlyList<KernelLockVerdict> locks, HostFacts host)
    {
        lock (_gate)
        {
            // A locked file is looked at when it first turns up; ten thousand files a second would be too many.
            var known = new Dictionary<FileIdentity, LockedFile>();
            var reads = MailboxLookLimit;
            foreach (var (identity, path) in locks.Where(l => l.Entry is { File: not null, Path: not null, PathState: PathState.Current }).Select(l => (l.Entry.File!.Value, l.Entry.Path!.Value)))
            {
                if (!known.ContainsKey(identity))
                    known.Add(identity, WithSign(_lockedFiles.TryGetValue(identity, out var last) ? last : LookAtLocked(identity, path), host, ref reads));
            }
            _lockedFiles = known;
            return [.. locks.Select(l => _factory.OfKernelLock(l, l.Entry is { File: { } file, PathState: PathState.Current } ? known.GetValueOrDefault(file)?.File : null, host.Now, MailboxOf(l.Entry)))];
        }
    }

    /// <summary>The mailbox that a kernel lock is on, or that its lock file is named after, as far as the last look at the stores knew it.</summary>
    private FilePath? MailboxOf(LockEntry entry) =>
        (entry.Path is { } path ? NamedFile.MailboxOfMbxLock(path) : null) is { } named ? _mailboxes.TryGetValue(named, out var mailbox) ? mailbox : null
        : entry.File is not { } file ? null
        : _mailboxes.TryGetValue(file, out var locked) ? locked
        : _lockedFiles.TryGetValue(file, out var looked) && looked.IsMailbox == true ? entry.Path : null;

    private StoresLook LastStores()
    {
        for (var fresh = false; ; fresh = true)
        {
            lock (_gate)
            {
                if (_lastStores is { } last && (fresh || _clock.GetElapsedTime(last.At) < FreshEnough))
                    return last;
            }
            SurveyStores(withLocks: false, CancellationToken.None);
        }
    }

    private List<BlindSpot> StandingBlindSpots()
    {
        var host = _reader.Look(ProcessTable.Empty, LockTable.Empty, OpenFileIndex.Empty);
        var spots = new List<BlindSpot>();
        if (!host.IsPrivileged)
            spots.Add(new("privileges", "not root: what processes of other users have open or locked cannot be seen, and whatever needs that proof is refused"));
        return spots;
    }

    private static List<BlindSpot> Gaps(HostFacts host)
    {
        var spots = new List<BlindSpot>();
        if (host.Processes.Gap is { } gap)
            spots.Add(new("processes", gap));
        spots.AddRange(host.Locks.Gaps.Select(g => new BlindSpot("kernel-locks", g)));
        if (host.ClockSetForward > TimeSpan.Zero)
            spots.Add(new("clock", $"the clock was set forward by {host.ClockSetForward:d\\.hh\\:mm\\:ss} (days.hours:minutes:seconds) since boot: no file is called older, and no process younger, than that allows"));
        if (host.SharesLocalDisks is { } shared)
            spots.Add(new("store", shared));
        if (host.IsPrivileged && host.OpenFiles.Unreadable is { Count: > 0 } unreadable)
            spots.Add(new("open-files", $"these processes could not be looked into: pid {string.Join(", ", unreadable.Take(8).Select(p => p.ToString(CultureInfo.InvariantCulture)))}{(unreadable.Count > 8 ? "..." : "")}"));
        return spots;
    }

    // For root a gap in processes or locks is a failure; without privileges it is how things are.
    private static bool HasFailed(HostFacts host) => host.IsPrivileged && host.Processes.Processes.Count == 0;
}

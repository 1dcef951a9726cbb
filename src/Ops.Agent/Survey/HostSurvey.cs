using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at the host and judges: every finding of scans, previews and verifications comes from here, by the same code.</summary>
/// <remarks>May be used from several threads.</remarks>
public sealed class HostSurvey : IHostWatch
{
    // A look at all processes costs tens of milliseconds; what a console asks for in between is answered from the loop's last one.
    private static readonly TimeSpan FreshEnough = TimeSpan.FromSeconds(30);
    private readonly AgentSettings _settings;
    private readonly TimeProvider _clock;
    private readonly HostReader _reader;
    private readonly FindingFactory _factory;
    private readonly WatchedStores _watched;
    private readonly KnownMailboxes _mailboxes = new();
    private readonly LockSurvey _locks;
    private readonly StoreSurvey _stores;
    private readonly CloseLooks _close;
    private readonly NameLooks _names;
    private readonly Waits _waits;
    private readonly CandidateBook _candidates = new();
    private readonly SubjectSearch _search;
    private readonly LockListReader _lockList;
    private readonly OtherHostBook _others;
    private readonly Lock _gate = new();
    private LockTable _lastLocks = LockTable.Empty;
    private StoresLook? _lastStores;

    public HostSurvey(AgentSettings settings, TimeProvider clock)
    {
        _settings = settings;
        _clock = clock;
        var probe = new MountProbe();
        var unshared = new UnsharedMounts(settings.Policy, probe);
        var options = new ReaderOptions { Say = unshared.Mark };
        _reader = new HostReader(options, clock, settings.Policy.HostAliases);
        // Of its own: a look at one name waits for no scan.
        var reader = new HostReader(options, clock, settings.Policy.HostAliases);
        if (BootMemory.Read(settings.StateDirectory, _reader.Processes.BootId) is { } earliest)
        {
            _reader.Processes.RememberBoot(earliest);
            reader.Processes.RememberBoot(earliest);
        }
        _factory = new FindingFactory(settings.HostName, settings.Judging, Users.NameOf, new LivingOffers(settings, _reader.Processes).For);
        var creators = new CreatorBook();
        _watched = new WatchedStores(settings, probe, unshared, creators);
        var looks = new MailboxLooks(_watched, _reader.Processes);
        var memory = new LockMemory(_watched);
        var linked = new LinkedNames(settings, clock);
        _others = new OtherHostBook(clock);
        var judge = new ArtefactJudge(settings, _reader, _watched, memory, looks, _factory, _others);
        _waits = new Waits(_reader.Processes, _watched, _factory, clock);
        _locks = new LockSurvey(_reader, _watched, _mailboxes, looks, _factory, clock);
        _stores = new StoreSurvey(
            _reader, options, _watched, unshared, _mailboxes, looks, memory, linked, judge, new DeliveryObstacles(settings, _watched, clock), _locks, _waits, _factory, _candidates, clock);
        _close = new CloseLooks(_reader, options, _watched, linked, judge, _locks, _factory);
        _names = new NameLooks(options, _watched, linked, new ArtefactJudge(settings, reader, _watched, memory, new MailboxLooks(_watched, reader.Processes), _factory, _others), creators, _candidates, clock);
        _lockList = new LockListReader(options, Environment.ProcessId);
        _search = new SubjectSearch(settings, options, _reader.Processes, _watched);
        Standing = BlindSpots.Standing(_reader.Look(ProcessTable.Empty, LockTable.Empty, OpenFileIndex.Empty));
    }

    public Guid BootId => _reader.Processes.BootId;

    public IReadOnlyList<BlindSpot> Standing { get; }

    internal ProcReader Processes => _reader.Processes;

    /// <summary>This process, as others will see it.</summary>
    internal ProcessIdentity OwnProcess =>
        _reader.Processes.ReadProcess(Environment.ProcessId)?.Identity ?? new ProcessIdentity(BootId, Environment.ProcessId, 0);

    /// <summary>This process and whatever it was started by, as it is now.</summary>
    internal ProtectedProcesses Protected => ProtectedProcesses.Of(_reader.Processes.ReadProcesses(), Environment.ProcessId);

    public void KeepBootTime() => BootMemory.Keep(_settings.StateDirectory, BootId, _reader.Processes.EarliestBoot);

    /// <summary>Everything below the roots, with the kernel locks that concern it.</summary>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public Survey SurveyStores(CancellationToken stop)
    {
        var (survey, look) = _stores.FilesAndLocks(stop);
        Keep(look);
        return survey;
    }

    /// <summary>Every kernel lock of this host.</summary>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public Survey SurveyLocks(CancellationToken stop)
    {
        var survey = _locks.Survey(stop);
        var stores = _waits.MayMeetDotLocks(survey.Locks) ? LastStores() : null;
        return WithMore(survey, _waits.DeadlockFindings(survey.Host, survey.Locks, stores, stop));
    }

    public AreaScan LookAtLocks(CancellationToken stop)
    {
        var survey = _locks.SurveyChanges(_lastLocks, stop);
        var host = survey.Host;
        _lastLocks = host.Locks;
        StoresLook? stores;
        lock (_gate)
            stores = _lastStores;
        return WithMore(survey, _locks.Relations(host).Select(r => _factory.OfRelation(r, host.Now)).Concat(_waits.DeadlockFindings(host, survey.Locks, stores, stop))).Scan with
        {
            Gone = host.Locks.Released.SelectMany(e => e.Parties.Select(p => FindingFactory.KeyOf(e, p))).ToHashSet(),
        };
    }

    /// <summary>Programs that try again and again for this lock file, a sentence each: the same that a scan shows as its waiters.</summary>
    internal IReadOnlyList<string> PollersFor(CloseLook look) =>
        [.. DotLockWaiters.Find([new JudgedArtefact(look.Artefact, look.Verdict)], look.Host, _waits.SleepsOnTimer).Select(r => r.Verdict.Summary)];

    public LockListMark? MarkLocks() => _lockList.Read();

    public AreaScan LookAtStores(CancellationToken stop)
    {
        var (survey, look) = _stores.Files(_lastLocks, stop);
        Keep(look);
        return survey.Scan;
    }

    public NameWatch WatchStores(Action<StoreChanges> changed) => _names.Watch(changed);

    public NamesLook LookAtNames(IReadOnlyCollection<FilePath> names, CancellationToken stop) => _names.LookAt(names, stop);

    public NamesLook LookAtOnce(IReadOnlyCollection<FilePath> names, CancellationToken stop) => _names.LookAtOnce(names, stop);

    public IReadOnlyList<FilePath> NamesIn(IReadOnlyCollection<ChangedDirectory> directories, CancellationToken stop) => _names.NamesIn(directories, stop);

    public IReadOnlyCollection<FilePath> Existing(IReadOnlyCollection<FilePath> names, CancellationToken stop) => _names.Existing(names, stop);

    public IBookCheck? CheckOfBook() => _names.CheckOfBook();

    public ProcessAnswer FindProcesses(ProcessQuestion question) => OtherHostBook.Answer(question, _reader, _clock.GetUtcNow());

    public IReadOnlyList<(string Host, int Pid)> HearOtherHosts(OtherHostReport report) => _others.Take(report);

    public IReadOnlyList<(string Host, int Pid)> ForgetOtherHosts() => _others.TakeExpired();

    public ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since) => Explain(ExplainSubject.Of(subject), since, anywhere: false);

    /// <param name="anywhere">For a person on this host. A console is answered about files below the roots only: what others say is none of its business.</param>
    public ExplainAnswer Explain(ExplainSubject subject, Func<string, DateTimeOffset?> since, bool anywhere)
    {
        var stores = LastStores();
        if (subject.Path is { } asked && (anywhere || _watched.Cover(asked)) && !_watched.IsSilent(asked))
            _mailboxes.Remember(asked);
        var locks = _locks.Survey(CancellationToken.None);
        var files = FilesAbout(subject, anywhere, stores);
        var waits = _waits.Of(locks.Host, locks.Locks, stores, CancellationToken.None);
        var now = _clock.GetUtcNow();
        IEnumerable<Relation> relations = [.. stores.Relations, .. _locks.Relations(locks.Host), .. Deadlock.Find(waits, locks.Host)];
        var known = files.Concat(relations.Select(r => _factory.OfRelation(r, now))).DistinctBy(f => f.Key)
            .Concat(locks.Findings).Select(f => f with { Since = since(f.Key) });
        var answer = Explainer.Explain(subject, [.. known], waits, now);
        return answer.Findings.Count > 0
            ? answer
            : answer with { Lines = [.. answer.Lines, .. UnknownSubject.Explain(_search.For(subject, anywhere, locks, stores.Findings.Count, Standing))] };
    }

    /// <inheritdoc cref="WatchedStores.SilenceAt"/>
    internal string? SilenceAt(FilePath path) => _watched.SilenceAt(path);

    /// <inheritdoc cref="CloseLooks.LookAt"/>
    public CloseLook? LookAt(FilePath path) => _close.LookAt(path);

    /// <inheritdoc cref="CloseLooks.LookAtLiving"/>
    internal LivingLook? LookAtLiving(string findingKey, FilePath path, int pid) => _close.LookAtLiving(findingKey, path, pid);

    /// <inheritdoc cref="CloseLooks.ForeignActivityOn"/>
    internal BreakDecision.Refused? ForeignActivityOn(FileFacts? mailbox) => _close.ForeignActivityOn(mailbox);

    /// <summary>The kernel locks as they are now.</summary>
    internal LockTable LocksNow() => _reader.Processes.ReadLocks(_reader.Processes.ReadProcesses());

    /// <summary>Whether this very process still runs.</summary>
    internal bool IsRunning(ProcessIdentity process) =>
        process.BootId == BootId && _reader.Processes.ReadProcess(process.Pid) is { IsAlive: true } now && now.Identity.StartTicks == process.StartTicks;

    private static Survey WithMore(Survey locks, IEnumerable<Finding> more) =>
        locks with { Scan = locks.Scan with { Findings = ((FindingsOnDemand)locks.Findings).With(more) } };

    private List<Finding> FilesAbout(ExplainSubject subject, bool anywhere, StoresLook stores)
    {
        if (subject.Path is not { } asked)
            return [.. stores.Findings];
        return [.. new[] { asked, asked.Append(".lock") }
            .Where(p => (anywhere || (asked.SaysWhereItLeads && _watched.Cover(p))) && !_watched.IsSilent(p))
            .Select(p => LookAt(p)?.Finding).OfType<Finding>()];
    }

    private StoresLook LastStores()
    {
        for (var fresh = false; ; fresh = true)
        {
            lock (_gate)
            {
                if (_lastStores is { } last && (fresh || _clock.GetElapsedTime(last.At) < FreshEnough))
                    return last;
            }
            LookAtStores(CancellationToken.None);
        }
    }

    private void Keep(StoresLook look)
    {
        lock (_gate)
            _lastStores = look;
    }
}

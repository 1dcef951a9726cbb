namespace Ops.Locks;

/// <summary>The ladder for living holders: ask, SIGTERM, SIGKILL. Each rung is a decision of its own, made on a fresh look with a reference to the process in
/// hand. Pure.</summary>
public static class Ladder
{
    /// <summary>What the evidence allows to do about the process behind a verdict: nothing, unless it was identified and lives.</summary>
    /// <param name="canAsk">Whether the means to ask a Dovecot session are there.</param>
    public static IReadOnlyList<OperatorAction> Offers(Verdict verdict, ProtectedProcesses protectedOnes, bool canAsk)
    {
        if (!TakesPart(verdict) || verdict.Owner.Process is not { } process)
            return [];
        var offers = new List<OperatorAction>();
        // Its bytes can be saved whatever process it is: nothing happens to the process. What it writes into a file with a name needs no saving.
        if (verdict is { Word: VerdictWord.GhostWrite, Kind: ArtefactKind.KernelLock or ArtefactKind.Mailbox })
            offers.Add(OperatorAction.Rescue);
        if (protectedOnes.WhyProtected(process) is not null)
            return offers;
        if (canAsk && DovecotSessions.IsSession(process))
            offers.Add(OperatorAction.Ask);
        offers.AddRange([OperatorAction.Terminate, OperatorAction.Kill]);
        return offers;
    }

    /// <summary>Whether the verdict is about an identified, living process that holds or waits.</summary>
    public static bool TakesPart(Verdict verdict) =>
        VerdictTraits.Of(verdict.Word).HasLivingOwner
        && verdict.Owner is { IsAlive: Answer.Yes, Process.IsAlive: true };

    /// <summary>May this process be asked or ended? Null when it may.</summary>
    /// <param name="asked">Whom the operator meant: what the preview showed.</param>
    /// <param name="now">What has that pid now, seen after a pidfd on it was opened; null when nothing has.</param>
    /// <param name="takesPart">Whether a look at the locks that was taken after that shows it as holder or waiter of the lock that was named.</param>
    public static BreakDecision.Refused? Refuse(
        OperatorAction action, ProcessIdentity asked, ProcessFacts? now, bool takesPart, ProtectedProcesses protectedOnes)
    {
        if (now is not { IsAlive: true })
            return new(Refusal.NotThere, $"Pid {asked.Pid} has ended: the kernel released what it held.");
        if (now.Identity != asked)
            return new(Refusal.ProcessChanged, $"Pid {asked.Pid} is another process now ({Activity.Who(now)}, started {now.StartedAt:u}): nothing is sent to it.");
        if (protectedOnes.WhyProtected(now) is { } why)
            return new(Refusal.ProtectedProcess, $"{Who(now)} is never asked or ended from here: {why}.");
        if (!takesPart)
            return new(Refusal.ProcessChanged, $"{Who(now)} neither holds that lock nor waits for it any more.");
        return action == OperatorAction.Ask && !DovecotSessions.IsSession(now)
            ? new(Refusal.NotOffered, $"{Who(now)} is not an IMAP or POP3 session of Dovecot, so no program is known that could ask it to let go.")
            : null;
    }

    private static string Who(ProcessFacts process) => "P" + Activity.Who(process)[1..];

    /// <summary>Who stands in the way of that lock now: holders of a conflicting lock on the same file.</summary>
    public static IReadOnlyList<LockEntry> HoldersNow(LockTable table, LockEntry was)
    {
        var same = was.File is { } file ? table.On(file) : table.Entries.Where(e => e.Lock.Device is not null && e.Lock.Device == was.Lock.Device);
        return [.. same.Where(e => !e.Lock.IsWaiter && KernelLockClassifier.Conflicts(e.Lock, was.Lock with { Mode = LockMode.Write }))];
    }

    /// <summary>Whether a lock that is there after the end of one of its holders is still the same one, kept by those who share the open file.</summary>
    public static bool IsSameLock(LockEntry now, LockEntry was) =>
        was.Lock.Class is LockClass.Flock or LockClass.Ofd && !was.Lock.IsWaiter && now.Lock.Class == was.Lock.Class
        && (now.Parties.Any(p => was.Parties.Any(w => w.Process.Identity == p.Process.Identity)) || (was.Lock.Class == LockClass.Flock && now.Key == was.Key));
}

/// <summary>Processes that are never asked or ended, whatever they hold.</summary>
/// <param name="Own">Pids of this process and its ancestors.</param>
/// <param name="IsKnown">False when this process did not find itself: then no process can be distinguished from an ancestor.</param>
public sealed record ProtectedProcesses(IReadOnlySet<int> Own, bool IsKnown)
{
    private static readonly string[] OurPrograms = ["ops", "Ops.Web", "ops.dll", "Ops.Web.dll"];

    /// <param name="self">Pid of this process.</param>
    public static ProtectedProcesses Of(ProcessTable processes, int self)
    {
        var own = new HashSet<int>();
        for (var pid = self; pid > 0 && own.Add(pid);)
            pid = processes.Processes.TryGetValue(pid, out var process) ? process.ParentPid : 0;
        return new ProtectedProcesses(own, processes.Processes.ContainsKey(self));
    }

    /// <summary>Why it is never ended, to follow a colon; null when nothing forbids it.</summary>
    public string? WhyProtected(ProcessFacts process) =>
        process.Pid == 1 ? "it is process 1"
        : process.NamespacePids.Contains(1) ? "it is the first process of a container, which would end with it; stop the container instead"
        : process.IsKernelThread ? "it is a kernel thread"
        : !IsKnown ? "this program cannot see its own ancestors, so it is unknown whether it is one of them"
        : Own.Contains(process.Pid) ? "it is this program, or one of those that started it"
        : IsOurs(process) ? "it belongs to Mailstore Ops"
        : null;

    // Another agent or the console of this host: once ended, nothing would record how it went on.
    private static bool IsOurs(ProcessFacts process) =>
        (process.Executable is { } executable && OurPrograms.Contains(NameOf(executable)))
        || process.CommandLine.Take(4).Any(a => a.EndsWith(".dll", StringComparison.Ordinal) && OurPrograms.Contains(NameOf(a)));

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}

/// <summary>Sessions of Dovecot that <c>doveadm kick</c> can end in good order.</summary>
public static class DovecotSessions
{
    private static readonly string[] Services = ["imap", "pop3"];

    /// <summary>By its executable, which unlike its title it cannot choose.</summary>
    public static bool IsSession(ProcessFacts process) =>
        process.Executable is { } path && path.Contains("/dovecot/", StringComparison.Ordinal)
        // An update of the package leaves sessions whose program has no name any more.
        && Services.Contains(path[(path.LastIndexOf('/') + 1)..].Replace(" (deleted)", "", StringComparison.Ordinal));

    /// <summary>Who is logged in through a process, from the lines of <c>doveadm -f tab who -1</c>: user, service, pid, address, by the names in the first line.</summary>
    /// <returns>Null when the pid is not listed, or serves several users, so that not one can be asked alone.</returns>
    public static DovecotSession? Find(string table, int pid)
    {
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.TrimEnd('\r').Split('\t')).ToList();
        if (lines.Count == 0)
            return null;
        var heads = lines[0];
        var (user, number, address) = (Array.IndexOf(heads, "username"), Array.IndexOf(heads, "pid"), Array.IndexOf(heads, "ip"));
        if (user < 0 || number < 0)
            return null;
        var found = lines.Skip(1)
            .Where(c => c.Length == heads.Length && LockText.Pid(c[number]) == pid)
            .Select(c => new DovecotSession(c[user], address < 0 || c[address].Length == 0 ? null : c[address]))
            .Distinct().ToList();
        return found is [var one] && IsPlain(one.User) && (one.Address is null || one.Address.All(ch => char.IsAsciiHexDigit(ch) || ch is '.' or ':')) ? one : null;
    }

    // A mask would kick others as well, and a name that begins with a dash would be an option.
    private static bool IsPlain(string user) =>
        user.Length is > 0 and <= 256 && user[0] != '-' && !user.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '*' or '?' or '[' or '\\');
}

/// <param name="Address">Where the client connects from; null when Dovecot does not say.</param>
public sealed record DovecotSession(string User, string? Address);

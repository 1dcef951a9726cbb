using System.Text.Json;
using System.Text.Json.Serialization;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What this host's administrator allows. The agent enforces it: a console can only ask.</summary>
public sealed record Policy
{
    /// <summary>Looked for when no file is named; its absence is fine, an unreadable or foreign one is not.</summary>
    public const string DefaultFile = "/etc/mailstore-ops/policy.json";

    private static readonly HashSet<string> KnownVerbs = new(Enum.GetValues<OperatorAction>().Select(Contracts.Words.Of), StringComparer.Ordinal);

    private static readonly HashSet<string> KnownKinds = new(Enum.GetValues<ArtefactKind>().Select(Contracts.Words.Of), StringComparer.Ordinal);

    // To end a process has to be wanted by the host's administrator; whatever else there is can be taken back, or takes nothing.
    private static readonly string[] DefaultVerbs = ["ask", "break", "purge", "remove", "rescue", "undo"];

    /// <summary>Directories to scan, and the only ones below which anything is touched. Null: the mail stores that are found on this host.</summary>
    public IReadOnlyList<string>? Roots { get; init; }

    /// <summary>What may be done at all: <c>break</c>, <c>remove</c>, <c>undo</c>, <c>purge</c>, <c>ask</c>, <c>rescue</c>; <c>term</c> and <c>kill</c> only where the
    /// file names them.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = DefaultVerbs;

    /// <summary>Kinds of artefact that may be touched, in the public words; null for all.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }

    /// <summary>The host only says what it would do.</summary>
    public bool Shadow { get; init; }

    /// <summary>How long something must stay undisturbed before shadow mode calls it confirmed.</summary>
    public TimeSpan ShadowWatch { get; init; } = TimeSpan.FromHours(1);

    /// <summary>By verb: how many people other than the actor must have approved.</summary>
    public IReadOnlyDictionary<string, int> Approvers { get; init; } = new Dictionary<string, int>();

    /// <summary>Directories below which a dot lock may be broken by <see cref="WeakerProtocol"/> where its file system cannot exchange names.</summary>
    public IReadOnlyList<string> WeakerProtocolBelow { get; init; } = [];

    /// <summary>Directories on network or FUSE file systems that no other host uses: so the administrator says; it cannot be seen from here.</summary>
    public IReadOnlyList<string> Unshared { get; init; } = [];

    /// <summary>More acts a minute open the circuit; 0: no limit, and no circuit.</summary>
    public int MaxActsPerMinute { get; init; } = 30;

    /// <summary>Whether an act without its approvers is possible, loudly.</summary>
    public bool BreakGlass { get; init; } = true;

    /// <summary>Nothing younger is called stale.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Closer than this, a process's start and a file's ctime prove nothing either way.</summary>
    public TimeSpan GreyZone { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary><c>both</c>, <c>mtime</c> or <c>ctime</c>.</summary>
    public string AgeBy { get; init; } = "both";

    /// <summary>How long the name is watched after a break.</summary>
    public TimeSpan SettlePeriod { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the end of a process is waited for after a signal, and an answer of <see cref="Doveadm"/>.</summary>
    public TimeSpan EndWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Dovecot's tool that is asked to end a session, and who is served (<see cref="ImapSessions"/>): with those of <see cref="MailQueue"/> the only program of others that is ever started.</summary>
    public string Doveadm { get; init; } = "/usr/bin/doveadm";

    /// <summary>Whether the queue of Postfix or Exim is asked what waits for a mailbox that needs attention. Not by itself: it starts a program of others, often as root.</summary>
    public bool MailQueue { get; init; }

    /// <summary>Whether Dovecot and Cyrus are asked whom a process serves that holds a lock or waits for one. Not by itself: users and addresses are then shown.</summary>
    public bool ImapSessions { get; init; }

    /// <summary>Configuration of Cyrus, which says where its processes write whom they serve.</summary>
    public string CyrusConfig { get; init; } = "/etc/imapd.conf";

    /// <summary>How long what was removed can be put back.</summary>
    public TimeSpan QuarantineRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often each store is audited; null: only when asked for.</summary>
    public TimeSpan? AuditEvery { get; init; }

    /// <summary>Megabytes that an audit of a resident agent reads in a second at most; 0: no limit.</summary>
    public int AuditRate { get; init; } = 16;

    /// <summary>Percent of the messages that an audit reads without another reason.</summary>
    public double AuditSample { get; init; } = 1;

    /// <summary>Percent of one core that a resident agent may use over a minute, before it looks less often where nothing changes; 0: no limit.</summary>
    public double CpuBudget { get; init; } = 1;

    /// <summary>Further names that mean this host, as mail systems are configured to write them.</summary>
    public IReadOnlyList<string> HostAliases { get; init; } = [];

    /// <summary>What is here was made to practise: a console marks the host, and neither counts nor alerts.</summary>
    public bool Drill { get; init; }

    /// <summary>Where the journal is kept. Null: <see cref="DefaultStateDirectory"/>.</summary>
    public string? StateDirectory { get; init; }

    public JudgingOptions Judging => new(GracePeriod, GreyZone, AgeClockOf(AgeBy) ?? AgeClock.Both);

    /// <summary><c>/var/lib/mailstore-ops</c> for root, the user's own state directory for others.</summary>
    public static string DefaultStateDirectory =>
        Environment.IsPrivilegedProcess ? "/var/lib/mailstore-ops"
        : Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state ? Path.Join(state, "mailstore-ops")
        : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/state/mailstore-ops");

    public bool Allows(OperatorAction action) => Verbs.Contains(Contracts.Words.Of(action));

    public bool Allows(ArtefactKind kind) => Kinds is null || Kinds.Contains(Contracts.Words.Of(kind));

    /// <summary>Why it may not be done to such a thing, in a sentence; null when the policy allows it.</summary>
    public string? WhyNot(OperatorAction action, ArtefactKind kind) =>
        !Allows(action) ? $"The policy of this host does not allow '{Contracts.Words.Of(action)}'."
        : !Allows(kind) ? $"The policy of this host does not allow acts on files of kind {Contracts.Words.Of(kind)} (kinds: {string.Join(", ", Kinds ?? [])})."
        : null;

    /// <summary>What is reported to a console.</summary>
    public Contracts.HostPolicy ForConsole => new(Shadow, Verbs, ApproversForConsole, MaxActsPerMinute, BreakGlass, WeakerProtocolBelow.Count == 0 ? null : WeakerProtocolBelow, Drill);

    /// <summary>How many others must have agreed to a break that may go by the weaker protocol.</summary>
    public int ApproversOfWeaker => Approvers.GetValueOrDefault(WeakerProtocol.Word, WeakerProtocol.DefaultApprovers);

    private IReadOnlyDictionary<string, int> ApproversForConsole => WeakerProtocolBelow.Count == 0
        ? Approvers
        : new Dictionary<string, int>(Approvers) { [WeakerProtocol.Word] = ApproversOfWeaker };

    public bool AllowsWeaker(FilePath path) => Covers(WeakerProtocolBelow, path);

    /// <param name="mount">That of the path: what is said of a directory is not said of other file systems mounted below it.</param>
    public bool SaysUnshared(FilePath path, Mount mount) => Unshared.Select(FilePath.FromText).Any(d => path.IsAtOrBelow(d) && d.IsAtOrBelow(mount.MountPoint));

    private static bool Covers(IReadOnlyList<string> directories, FilePath path) => directories.Any(d => path.IsAtOrBelow(FilePath.FromText(d)));

    /// <summary>Null for a word that names no clock.</summary>
    public static AgeClock? AgeClockOf(string word) => word switch
    {
        "both" => AgeClock.Both,
        "mtime" => AgeClock.Modified,
        "ctime" => AgeClock.Changed,
        _ => null,
    };

    /// <summary>Reads a policy file.</summary>
    /// <param name="file">Null: <see cref="DefaultFile"/> where there is one, else the defaults.</param>
    /// <exception cref="PolicyException">Missing, unreadable, writable for others, or saying something that makes no sense: the message names the key.</exception>
    public static Policy Load(string? file)
    {
        if (file is null && !File.Exists(DefaultFile))
            return new Policy();
        file ??= DefaultFile;
        try
        {
            const UnixFileMode foreign = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
            if (Environment.IsPrivilegedProcess && (File.GetUnixFileMode(file) & foreign) != 0)
                throw new PolicyException($"{file} can be written by users other than its owner: a user who can change the policy can have mail locks broken. Run chmod go-w on it.");
            var said = JsonSerializer.Deserialize(File.ReadAllBytes(file), PolicyJson.Default.PolicyText)
                ?? throw new PolicyException($"{file} contains no policy");
            return said.ToPolicy().Check(file);
        }
        catch (JsonException e)
        {
            throw new PolicyException($"{file}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PolicyException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private Policy Check(string file)
    {
        var problem =
            Verbs.FirstOrDefault(v => !KnownVerbs.Contains(v)) is { } verb ? $"verbs: \"{verb}\" is not one of {string.Join(", ", KnownVerbs.Order())}"
            : Kinds?.FirstOrDefault(k => !KnownKinds.Contains(k)) is { } kind ? $"kinds: \"{kind}\" is not one of {string.Join(", ", KnownKinds.Order())}"
            : Approvers.Keys.FirstOrDefault(v => v != WeakerProtocol.Word && !KnownVerbs.Contains(v)) is { } approved ? $"approvers: \"{approved}\" is not one of {string.Join(", ", KnownVerbs.Append(WeakerProtocol.Word).Order())}"
            : Approvers.Values.Any(n => n is < 0 or > 5) ? "approvers: each number must be between 0 and 5"
            : MaxActsPerMinute is < 0 or > 100000 ? "maxActsPerMinute must be between 0 (no limit) and 100000"
            : ShadowWatch < TimeSpan.FromMinutes(1) || ShadowWatch > TimeSpan.FromDays(7) ? "shadowWatch must be between 00:01:00 and 7.00:00:00"
            : AgeClockOf(AgeBy) is null ? $"ageBy: \"{AgeBy}\" is not one of both, mtime, ctime"
            : GracePeriod < TimeSpan.FromSeconds(1) ? "gracePeriod must be at least 00:00:01"
            : GreyZone < TimeSpan.FromMilliseconds(100) ? "greyZone must be at least 00:00:00.1"
            : SettlePeriod < TimeSpan.Zero || SettlePeriod > TimeSpan.FromMinutes(5) ? "settlePeriod must be between 0 and 00:05:00"
            : EndWait < TimeSpan.FromSeconds(1) || EndWait > TimeSpan.FromMinutes(2) ? "endWait must be between 00:00:01 and 00:02:00"
            : AuditEvery < TimeSpan.FromHours(1) || AuditEvery > TimeSpan.FromDays(365) ? "auditEvery must be between 01:00:00 and 365.00:00:00"
            : AuditRate is < 0 or > 10000 ? "auditRate must be between 0 (no limit) and 10000"
            : AuditSample is < 0 or > 100 or double.NaN ? "auditSample must be between 0 and 100"
            : CpuBudget is < 0 or > 100 or double.NaN ? "cpuBudget must be between 0 (no limit) and 100"
            : !Doveadm.StartsWith('/') ? "doveadm is not an absolute path"
            : !CyrusConfig.StartsWith('/') ? "cyrusConfig is not an absolute path"
            : QuarantineRetention < TimeSpan.FromHours(1) ? "quarantineRetention must be at least 01:00:00"
            // A console does not alert about a drill: that must never silence a real store.
            : Drill && (Roots is null || Roots.FirstOrDefault(r => !Incidents.DrillPlace.Holds(r)) is not null) ? $"drill: only for roots in the directory of a drill ({Incidents.DrillPlace.Prefix}...), which ops drill makes"
            : Roots?.FirstOrDefault(r => !r.StartsWith('/')) is { } root ? $"roots: \"{root}\" is not an absolute path"
            : WeakerProtocolBelow.FirstOrDefault(r => !r.StartsWith('/')) is { } weaker ? $"weakerProtocol: \"{weaker}\" is not an absolute path"
            : Unshared.FirstOrDefault(r => !r.StartsWith('/')) is { } unshared ? $"unshared: \"{unshared}\" is not an absolute path"
            : StateDirectory?.StartsWith('/') == false ? "stateDirectory is not an absolute path"
            : null;
        return problem is null ? this : throw new PolicyException($"{file}: {problem}");
    }
}

/// <summary>A policy that cannot be followed. Nothing is scanned or touched under a guess.</summary>
public sealed class PolicyException : Exception
{
    public PolicyException()
    {
    }

    public PolicyException(string message)
        : base(message)
    {
    }

    public PolicyException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>A policy file as written: what is not said keeps its default.</summary>
internal sealed record PolicyText(
    IReadOnlyList<string>? Roots = null, IReadOnlyList<string>? Verbs = null, TimeSpan? GracePeriod = null, TimeSpan? GreyZone = null, string? AgeBy = null,
    TimeSpan? SettlePeriod = null, TimeSpan? QuarantineRetention = null, IReadOnlyList<string>? HostAliases = null, string? StateDirectory = null,
    TimeSpan? EndWait = null, string? Doveadm = null, bool? Shadow = null, TimeSpan? ShadowWatch = null, IReadOnlyDictionary<string, int>? Approvers = null,
    IReadOnlyList<string>? Kinds = null, int? MaxActsPerMinute = null, bool? BreakGlass = null,
    IReadOnlyList<string>? WeakerProtocol = null, IReadOnlyList<string>? Unshared = null, TimeSpan? AuditEvery = null, int? AuditRate = null, double? AuditSample = null, double? CpuBudget = null,
    bool? Drill = null, bool? MailQueue = null, bool? ImapSessions = null, string? CyrusConfig = null)
{
    public Policy ToPolicy()
    {
        var defaults = new Policy();
        return new Policy
        {
            Roots = Roots,
            Verbs = Verbs ?? defaults.Verbs,
            GracePeriod = GracePeriod ?? defaults.GracePeriod,
            GreyZone = GreyZone ?? defaults.GreyZone,
            AgeBy = AgeBy ?? defaults.AgeBy,
            SettlePeriod = SettlePeriod ?? defaults.SettlePeriod,
            QuarantineRetention = QuarantineRetention ?? defaults.QuarantineRetention,
            HostAliases = HostAliases ?? defaults.HostAliases,
            StateDirectory = StateDirectory,
            EndWait = EndWait ?? defaults.EndWait,
            Doveadm = Doveadm ?? defaults.Doveadm,
            Shadow = Shadow ?? defaults.Shadow,
            ShadowWatch = ShadowWatch ?? defaults.ShadowWatch,
            Approvers = Approvers ?? defaults.Approvers,
            Kinds = Kinds,
            MaxActsPerMinute = MaxActsPerMinute ?? defaults.MaxActsPerMinute,
            BreakGlass = BreakGlass ?? defaults.BreakGlass,
            WeakerProtocolBelow = WeakerProtocol ?? defaults.WeakerProtocolBelow,
            Unshared = Unshared ?? defaults.Unshared,
            AuditEvery = AuditEvery,
            AuditRate = AuditRate ?? defaults.AuditRate,
            AuditSample = AuditSample ?? defaults.AuditSample,
            CpuBudget = CpuBudget ?? defaults.CpuBudget,
            Drill = Drill ?? defaults.Drill,
            MailQueue = MailQueue ?? defaults.MailQueue,
            ImapSessions = ImapSessions ?? defaults.ImapSessions,
            CyrusConfig = CyrusConfig ?? defaults.CyrusConfig,
        };
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(PolicyText))]
internal sealed partial class PolicyJson : JsonSerializerContext;

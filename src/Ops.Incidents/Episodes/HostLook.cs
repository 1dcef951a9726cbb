namespace Ops.Incidents;

/// <summary>What is known of one host at one moment.</summary>
/// <param name="At">By the console's clock.</param>
/// <param name="IsHeard">False while the host is silent, or its state is not complete: then nothing follows from what is missing.</param>
/// <param name="BootId">Of the running kernel.</param>
/// <param name="Cards">Its mailboxes.</param>
/// <param name="Findings">All its findings.</param>
/// <param name="Acts">Acts of this console on it that ended since the look before.</param>
public sealed record HostLook(
    string HostId, string Host, DateTimeOffset At, bool IsHeard, Guid BootId, IReadOnlyList<MailboxCard> Cards, IReadOnlyList<Finding> Findings, IReadOnlyList<EndedAct> Acts)
{
    /// <summary>Nothing comes from its agent. Narrower than not <see cref="IsHeard"/>: a host that connects is neither.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Its stores as last audited, as far as they were; from the console's database, whether or not the host is heard.</summary>
    public IReadOnlyList<StoreDamage> Stores { get; init; } = [];
}

/// <summary>An act that was done.</summary>
/// <param name="Action">Word of the act: <c>break</c>, <c>remove</c>, <c>ask</c>, <c>term</c>, <c>kill</c>...</param>
/// <param name="FindingKey">What it was done to.</param>
/// <param name="Outcome">In a sentence.</param>
public sealed record EndedAct(string HostId, Guid Operation, string Action, string Actor, string FindingKey, string Path, DateTimeOffset At, string? Outcome = null);

/// <summary>What one look changed.</summary>
/// <param name="Steps">Episodes that opened, changed, lasted or closed.</param>
/// <param name="Brief">Holds that ended after less than a second and made no process wait: only counted.</param>
public sealed record EpisodeChanges(IReadOnlyList<EpisodeStep> Steps, int Brief)
{
    public static EpisodeChanges None { get; } = new([], 0);
}

/// <param name="Episode">As it is after the look.</param>
/// <param name="BlockedAdded">Waiting time of victims that this look added, in seconds.</param>
/// <param name="Worth">False when only time went by, and it need not be stored at once.</param>
public sealed record EpisodeStep(Episode Episode, StepKind Kind, double BlockedAdded, bool Worth);

/// <summary>What happened to an episode.</summary>
public enum StepKind
{
    Opened,
    Changed,
    Closed,
}

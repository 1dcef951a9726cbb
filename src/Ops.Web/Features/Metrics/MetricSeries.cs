namespace Ops.Web.Features.Metrics;

/// <summary>Every series of <c>/metrics</c>: the one list that the endpoint, the page of the documentation, the alert rules and the dashboard are checked against.</summary>
/// <param name="Labels">With bounded sets of values only: no path, no user, no process.</param>
/// <param name="IsCounter">Only ever grows; a gauge when false.</param>
internal sealed record MetricSeries(string Name, string Help, IReadOnlyList<string> Labels, bool IsCounter = false)
{
    public static readonly MetricSeries
        Mailboxes = new("mailstore_mailboxes", "Mailboxes by state; hosts that are lost count with their last known state.", ["state"]),
        Waiting = new("mailstore_waiting_processes", "Processes that wait for a mailbox now.", []),
        Blocked = new("mailstore_blocked_seconds", "How long the processes that wait now have waited, in all.", []),
        Longest = new("mailstore_longest_wait_seconds", "The longest wait of a process that waits now.", []),
        Findings = new("mailstore_findings", "Findings by verdict and kind; words that this version does not know count as other.", ["verdict", "kind"]),
        Hosts = new("mailstore_hosts", "Hosts by how fresh their last report is.", ["freshness"]),
        OldestReport = new("mailstore_oldest_report_age_seconds", "Age of the last report of the host that was not heard for the longest time; 0 without hosts.", []),
        HostReport = new("mailstore_host_report_age_seconds", "Age of the last report of each host; left out above 200 hosts.", ["host"]),
        EventsMissed = new("mailstore_agent_events_missed", "Names that the agents' verification found and no event had reported, since each agent started, over all hosts.", []),
        IncidentsOpen = new("mailstore_incidents_open", "Open incidents by the rule that opened them, or made them worse.", ["rule"]),
        Acts = new("mailstore_acts_total", "Acts that ended, by outcome, over the life of the database.", ["outcome"], IsCounter: true),
        ActsOpen = new("mailstore_acts_open", "Acts without an end: still running, or their agent did not answer.", ["outcome"]),
        Deliveries = new("mailstore_alert_deliveries_total", "Messages to alert channels since the console started, by kind of channel and outcome.", ["channel_kind", "outcome"], IsCounter: true),
        AlertsPending = new("mailstore_alerts_pending", "Incidents about which a channel has something to learn and has not yet.", ["channel_kind"]),
        HistoryDropped = new("mailstore_history_dropped_total", "Rows of history that could not be stored since the console started.", [], IsCounter: true),
        DatabaseUp = new("mailstore_database_up", "1 when the database answered within two seconds; else 0, and the acts are those of the last answer.", []);

    public static IReadOnlyList<MetricSeries> All { get; } =
    [
        Mailboxes, Waiting, Blocked, Longest, Findings, Hosts, OldestReport, HostReport, EventsMissed, IncidentsOpen, Acts, ActsOpen, Deliveries, AlertsPending, HistoryDropped, DatabaseUp,
    ];
}

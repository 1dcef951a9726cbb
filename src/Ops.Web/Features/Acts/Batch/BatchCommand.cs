using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts.Batch;

/// <summary>What the sheet for several rows asks the console to do; a seam for tests of pages.</summary>
public interface IBatchDesk
{
    /// <summary>Asks the agents about every row again.</summary>
    /// <param name="looked">Receives how many rows have been looked at.</param>
    Task<BatchPreview> PreviewAsync(ClaimsPrincipal user, IReadOnlyList<BatchRow> rows, Action<int> looked, CancellationToken stop);

    Task<StartOutcome> StartAsync(ClaimsPrincipal user, BatchRequest request);

    /// <summary>The person cancelled these rows: one entry in the audit.</summary>
    Task CancelAsync(ClaimsPrincipal user, BatchPreview preview);

    /// <summary>Null when the console does not know it (any more); the audit does.</summary>
    StateSubscription<BatchView>? Follow(Guid id, CancellationToken stop);
}

/// <summary>Several breaks and removals at once: exactly the rows that a person saw, each looked at again, authorised, audited and verified like any other act.</summary>
/// <remarks>
/// Rows of one host run one after another, hosts in parallel. Nothing is queued beyond what a host takes within a minute: what is more is refused.
/// Singleton: what has begun goes on whatever becomes of the page.
/// </remarks>
public sealed class BatchCommand(Actors actors, ActPreviews previews, ApprovedActs acts, ActRules rules, ApprovalBook approvals, OperationBoard board, LiveState live, AuditLog audit, ILogger<BatchCommand> log) : IBatchDesk
{
    /// <summary>Stands for the act of a request for approval about several rows.</summary>
    public const string Word = "bulk";

    /// <summary>A person cannot have seen more.</summary>
    public const int MostRows = 500;

    private const int LooksAtOnce = 4;
    private const int Kept = 50;

    private readonly ConcurrentDictionary<Guid, LiveValue<BatchView>> _bulks = new();

    public async Task<BatchPreview> PreviewAsync(ClaimsPrincipal user, IReadOnlyList<BatchRow> rows, Action<int> looked, CancellationToken stop)
    {
        var problems = new string?[rows.Count];
        var done = 0;
        await Parallel.ForAsync(0, Math.Min(rows.Count, MostRows), new ParallelOptions { MaxDegreeOfParallelism = LooksAtOnce, CancellationToken = stop }, async (i, token) =>
        {
            problems[i] = await previews.WhyDropAsync(user, rows[i], token);
            looked(Interlocked.Increment(ref done));
        });
        for (var i = MostRows; i < rows.Count; i++)
            problems[i] = $"At most {MostRows} rows can be checked at once.";
        IReadOnlyList<BatchLook> looks = [.. rows.Select((r, i) => new BatchLook(r, problems[i]))];
        var left = looks.Where(l => l.Problem is null).Select(l => l.Row).ToList();
        var table = await rules.ForPagesAsync(); // those of the moment of the start hold
        var warnings = left.GroupBy(r => (r.Target.HostId, r.Host)).Select(g => (g.Key.Host, Rows: g.Count(), AtMost: AtMost(g.Key.HostId, table))).Where(h => h.Rows > h.AtMost)
            .Select(h => $"{HostText.Escape(h.Host)} allows {h.AtMost} acts per minute. Further rows are refused and have to be requested again.");
        return new(looks, Need(left, table), [.. warnings]);
    }

    public async Task<StartOutcome> StartAsync(ClaimsPrincipal user, BatchRequest request)
    {
        try
        {
            return await BeginAsync(user, request);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            log.IntentNotAudited(Word, "", DatabaseFailure.Cause(e));
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
            return new StartOutcome.NotStarted(new ActError.DatabaseUnusable());
        }
    }

    private async Task<StartOutcome> BeginAsync(ClaimsPrincipal user, BatchRequest request)
    {
        var actor = await actors.FindAsync(user);
        var left = request.Preview.Left;
        ActError? error = actor is null ? new ActError.NotAllowed(Word)
            : actor.NeedsFreshCode && left.Any(r => Act.Find(r.Target.Action) is { AsksForFreshCode: true }) ? new ActError.FreshCodeNeeded()
            : !ActInput.IsUsableReason(request.Reason) ? new ActError.ReasonUnusable()
            : left.Count == 0 ? new ActError.FindingGone()
            : null;
        if (error is not null)
            return new StartOutcome.NotStarted(error);
        var (id, reason) = (Guid.CreateVersion7(), request.Reason.Trim());
        // Those that dropped out are rows of the audit as well: the person saw them.
        var items = request.Preview.Rows.Select(l => (l.Problem, Item: l.Row.ToItem(Guid.CreateVersion7(), request.StopAtFailure))).ToList();
        List<ApprovalItem> good = [.. items.Where(i => i.Problem is null).Select(i => i.Item)];
        if (Need(left, await rules.NowAsync()) is not { } need)
        {
            if (await BeginAsync(actor!, id, reason, items.Select(i => (i.Item, i.Problem)).ToList()) is { } unwritten)
                return new StartOutcome.NotStarted(unwritten);
            Start(new(id, actor!.Name, [.. items.Select(i => View(i.Item, i.Problem))]), actor, good, reason, []);
            foreach (var (problem, item) in items.Where(i => i.Problem is not null))
                await acts.RecordDropAsync(actor, item, reason, id, problem!);
            return new StartOutcome.Started(id);
        }
        try
        {
            await approvals.RequestAsync(actor!, Word, reason, good, need.Others, id);
            foreach (var (problem, item) in items.Where(i => i.Problem is not null))
                await acts.RecordDropAsync(actor!, item, reason, id, problem!);
            return new StartOutcome.Waiting(id);
        }
        catch (AuditNotWrittenException e)
        {
            log.IntentNotAudited(Word, left[0].Path, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
            return new StartOutcome.NotStarted(new ActError.AuditUnwritable());
        }
    }

    public async Task CancelAsync(ClaimsPrincipal user, BatchPreview preview)
    {
        if (await actors.FindAsync(user) is not { } actor || preview.Rows.Count == 0)
            return; // no known user cancelled
        try
        {
            await audit.AppendAsync(Entry(
                actor.Name, AuditActions.Cancelled, null, $"The operator cancelled a batch of {Labels.Count(preview.Rows.Count, "row", "rows")}.", null,
                [.. preview.Rows.Select(r => (r.Row.ToItem(Guid.Empty, stopAtFailure: true), r.Problem))]));
        }
        catch (AuditNotWrittenException e)
        {
            log.OutcomeNotAudited(Word, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        }
    }

    public StateSubscription<BatchView>? Follow(Guid id, CancellationToken stop) => _bulks.GetValueOrDefault(id)?.Follow(stop);

    /// <summary>Makes the rows of a request ready to begin, in the name of the person who asked.</summary>
    internal async Task<IApprovedAct> CheckAsync(ApprovalView request) => new Approved(this, acts, request, await actors.FindByIdAsync(request.RequesterId));

    // Before the first row: should the console end in the middle, this names those that had no turn.
    private async Task<ActError?> BeginAsync(Actor actor, Guid id, string reason, List<(ApprovalItem Item, string? Problem)> rows)
    {
        try
        {
            await audit.AppendAsync(Entry(actor.Name, AuditActions.Bulk, id, AuditOutcomes.ConsoleIntent, reason, rows));
            return null;
        }
        catch (AuditNotWrittenException e)
        {
            log.IntentNotAudited(Word, rows[0].Item.Path, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
            return new ActError.AuditUnwritable();
        }
    }

    private static AuditDraft Entry(string actor, string action, Guid? id, string outcome, string? reason, List<(ApprovalItem Item, string? Problem)> rows) => new()
    {
        Actor = actor,
        Action = action,
        Host = rows.All(r => r.Item.Target.HostId == rows[0].Item.Target.HostId) ? rows[0].Item.Host : null,
        Path = rows[0].Item.Path,
        OperationId = id,
        Outcome = outcome,
        Reason = reason,
        Detail = JsonSerializer.Serialize(new JsonObject
        {
            ["action"] = Word,
            ["rows"] = new JsonArray([.. rows.Select(r => (JsonNode)$"{r.Item.Number}. {r.Item.Target.Action} {r.Item.Path} on {r.Item.Host}{(r.Problem is null ? "" : $" (dropped out: {r.Problem})")}")]),
        }),
    };

    private void Start(BatchView view, Actor actor, IReadOnlyList<ApprovalItem> items, string reason, IReadOnlyList<string> approvers)
    {
        var bulk = new LiveValue<BatchView>(view);
        foreach (var old in _bulks.Where(b => b.Value.Current.IsOver).OrderBy(b => b.Key).Take(Math.Max(0, _bulks.Count - Kept + 1)).ToList())
            _bulks.TryRemove(old.Key, out _);
        _bulks[view.Id] = bulk;
        var failed = new CancellationTokenSource();
        foreach (var host in items.OrderBy(i => i.Number).GroupBy(i => i.Target.HostId))
            _ = Task.Run(() => RunHostAsync(bulk, actor, [.. host], reason, approvers, failed));
    }

    private async Task RunHostAsync(LiveValue<BatchView> bulk, Actor actor, IReadOnlyList<ApprovalItem> items, string reason, IReadOnlyList<string> approvers, CancellationTokenSource failed)
    {
        foreach (var item in items)
        {
            if (item.StopAtFailure && failed.IsCancellationRequested)
            {
                const string Left = "Not attempted, because an earlier row failed.";
                try
                {
                    await acts.RecordDropAsync(actor, item, reason, bulk.Current.Id, Left);
                }
                catch (Exception e) // what failed may be the database: the row is reported anyway
                {
                    log.RowFailed(item.Number, bulk.Current.Id, e);
                }
                Set(bulk, item, BatchRowState.NotStarted, Left);
                continue;
            }
            var state = BatchRowState.Failed;
            var sentence = "The console could not start it; its log says why.";
            try
            {
                Set(bulk, item, BatchRowState.Running, "Waiting for the agent.");
                (state, sentence) = await RunAsync(bulk.Current.Id, actor, item, reason, approvers);
            }
            catch (Exception e) // whatever it is, the other rows must not wait for this one permanently
            {
                log.RowFailed(item.Number, bulk.Current.Id, e);
            }
            if (state == BatchRowState.Failed)
                await failed.CancelAsync();
            Set(bulk, item, state, sentence);
        }
    }

    private async Task<(BatchRowState State, string Sentence)> RunAsync(Guid bulk, Actor actor, ApprovalItem item, string reason, IReadOnlyList<string> approvers)
    {
        if (await acts.StartRowAsync(actor.Id, actor.Name, item, reason, bulk, approvers) is { } error)
            return (error is ActError.AuditUnwritable ? BatchRowState.Failed : BatchRowState.Refused, error.Sentence);
        if (board.Follow(item.OperationId) is not { } follow)
            return (BatchRowState.Failed, "Its progress could not be followed; the audit has its outcome.");
        var view = follow.Initial;
        if (!view.IsOver)
        {
            await foreach (var later in follow.Changes)
            {
                view = later;
                if (view.IsOver)
                    break;
            }
        }
        return (BatchWords.StateOf(view.State), view.Sentence);
    }

    private ApprovalNeed? Need(IReadOnlyList<BatchRow> rows, RulesTable table)
    {
        // All rows count for every group: the number cannot be bypassed by taking rows of two groups at once.
        var needs = rows.Select(r => (r.Target.HostId, r.Target.Action)).Distinct()
            .Select(r => ApprovalNeed.For(table.Of(r.HostId), live.Current.Host(r.HostId)?.Status.Policy, r.Action, rows.Count)).OfType<ApprovalNeed>().ToList();
        // Without those who should agree, one act at a time is dangerous enough.
        return needs.Count == 0 ? null : new(needs.Max(n => n.Others), MayBreakGlass: false);
    }

    private int AtMost(string hostId, RulesTable table) =>
        live.Current.Host(hostId)?.Status.Policy is { MaxActsPerMinute: > 0 and var most } ? Math.Min(most, table.Of(hostId).ActsPerMinute) : table.Of(hostId).ActsPerMinute;

    private static BatchRowView View(ApprovalItem item, string? problem) => new(
        item.Number, item.Target.Action, item.Target.HostId, item.Host, HostText.PathOf(item.Path, item.PathBytes), problem is null ? BatchRowState.Waiting : BatchRowState.Dropped,
        problem ?? "Waiting for its turn.", item.OperationId);

    private static void Set(LiveValue<BatchView> bulk, ApprovalItem item, BatchRowState state, string sentence) => bulk.Update(
        b => b with { Rows = [.. b.Rows.Select(r => r.OperationId == item.OperationId ? r with { State = state, Sentence = sentence } : r)] });

    /// <summary>The rows that all approvers found as the requester saw them; the others drop out.</summary>
    private sealed class Approved(BatchCommand batch, ApprovedActs acts, ApprovalView request, Actor? actor) : IApprovedAct
    {
        private const string Dropped = "It had changed between the request and its approval.";

        // The intent, as for a batch without approval: should the console end in the middle, it names the rows that had no turn.
        public Task<IReadOnlyList<AuditDraft>> RecordAsync(OpsDb db, ApproveOutcome.Enough enough, CancellationToken stop) => Task.FromResult<IReadOnlyList<AuditDraft>>(
            [Entry(request.Requester, actor is null ? AuditActions.Refused : AuditActions.Bulk, request.Id, actor is null ? "refused" : AuditOutcomes.ConsoleIntent, request.Reason, [.. request.Items.Select(i => (i, WhyNot(i, enough)))])]);

        public async Task<ActError?> BeginAsync(ApproveOutcome.Enough enough)
        {
            if (actor is null)
                return new ActError.NotAllowed(Word);
            batch.Start(
                new(request.Id, actor.Name, [.. request.Items.Select(i => View(i, WhyNot(i, enough)))]), actor, [.. request.Items.Where(i => WhyNot(i, enough) is null)], request.Reason, enough.Approvers);
            foreach (var item in request.Items.Where(i => WhyNot(i, enough) is not null))
                await acts.RecordDropAsync(actor, item, request.Reason, request.Id, Dropped);
            return null;
        }

        public void Withdraw()
        {
            // Each row is an operation of its own, and none has begun.
        }

        private static string? WhyNot(ApprovalItem item, ApproveOutcome.Enough enough) => enough.Rows.Contains(item.OperationId) ? null : Dropped;
    }
}

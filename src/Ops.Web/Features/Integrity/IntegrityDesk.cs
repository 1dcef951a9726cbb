using System.Security.Claims;
using System.Text.Json.Nodes;
using Ops.Data;
using Ops.Integrity;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Live.Integrity;

namespace Ops.Web.Features.Integrity;

/// <summary>Audits of stores as the page sees them.</summary>
public interface IIntegrityDesk
{
    IReadOnlyCollection<StoredAudit> Stored { get; }

    /// <summary>What the agent of a host said last; null when it has not been asked yet.</summary>
    StoreAuditState? StateOf(string hostId);

    /// <summary>The last report of a store; null when there is none.</summary>
    Task<AuditDocument?> ReportAsync(string hostId, string root, CancellationToken stop);

    /// <summary>Has a store audited. Null when it has begun, else why not.</summary>
    Task<string?> StartAsync(ClaimsPrincipal user, string hostId, string root, bool full);

    /// <summary>Null when it stops, else why not.</summary>
    Task<string?> StopAsync(ClaimsPrincipal user, string hostId, Guid id, string root);
}

/// <summary>Starts and stops audits for operators, with an entry in the audit trail before the agent is asked.</summary>
public sealed class IntegrityDesk(IntegrityBook book, Actors actors, AuditLog audit, HostQuestions questions) : IIntegrityDesk
{
    public IReadOnlyCollection<StoredAudit> Stored => book.Stored;

    public StoreAuditState? StateOf(string hostId) => book.StateOf(hostId);

    public Task<AuditDocument?> ReportAsync(string hostId, string root, CancellationToken stop) => book.ReportAsync(hostId, root, stop);

    public Task<string?> StartAsync(ClaimsPrincipal user, string hostId, string root, bool full)
    {
        var id = Guid.NewGuid();
        return AskAsync(user, hostId, AuditActions.StoreAudit, root, id, full ? "asked for, all bytes" : "asked for", (agent, actor) => agent.StartAudit(new(id, root, full, actor)));
    }

    public Task<string?> StopAsync(ClaimsPrincipal user, string hostId, Guid id, string root) =>
        AskAsync(user, hostId, AuditActions.StoreAuditStop, root, id, "asked for", (agent, actor) => agent.StopAudit(new(id, actor)));

    private async Task<string?> AskAsync(ClaimsPrincipal user, string hostId, string action, string root, Guid id, string outcome, Func<IAgentClient, string, Task<StoreAuditAnswer>> ask)
    {
        if (await actors.FindAsync(user) is not { IsOperator: true } actor)
            return "Only operators can start and stop audits.";
        try
        {
            await WriteAsync(outcome);
            var (_, answer, notTold) = await questions.AskAsync(hostId, "whether it audits", agent => ask(agent, actor.Name), Whole.Is, CancellationToken.None);
            var refusal = notTold ?? (answer!.Refusal is { } no ? HostText.Clean(no.Sentence) : null);
            if (refusal is not null)
                await WriteAsync($"not done: {refusal}");
            return refusal;
        }
        catch (AuditNotWrittenException)
        {
            return "The audit trail could not be written, so nothing was asked.";
        }

        Task WriteAsync(string how) => audit.AppendAsync(new()
        {
            Actor = actor.Name,
            Action = action,
            Host = questions.NameOf(hostId),
            Path = root,
            Outcome = how,
            Detail = new JsonObject { ["hostId"] = hostId, ["audit"] = id.ToString() }.ToJsonString(),
        });
    }
}

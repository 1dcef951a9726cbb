using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Features.Alerts;

/// <summary>Everything on the Alerts page.</summary>
public sealed record AlertsPicture(AlertSetup Setup, IReadOnlyList<AlertDelivery> Deliveries)
{
    /// <summary>When mail is what is stuck, an alert by mail may be stuck with it.</summary>
    public bool IsOnlyMail => Setup.Channels.Where(c => c.IsEnabled).ToList() is { Count: > 0 } on && on.All(c => c.Kind == ChannelKinds.Smtp);
}

/// <summary>Changes channels and mutes for administrators, and sends test messages; Ops.Data writes the audit with each change.</summary>
public sealed class AlertsCommand(Actors actors, AlertStore store, ChannelVault vault, AlertPostman postman, AlertCounts counts, TimeProvider clock)
{
    private const int DeliveriesShown = 50;

    public async Task<AlertsPicture> ReadAsync(CancellationToken stop = default) => new(await store.SetupAsync(stop), await store.DeliveriesAsync(DeliveriesShown, stop));

    public ChannelForm Edit(AlertChannel channel) => ChannelForm.Of(channel, vault.Open(channel.Settings));

    /// <summary>Null when it is done, else why not. So for all that follow.</summary>
    public Task<string?> SaveAsync(ClaimsPrincipal by, ChannelForm form) => AsAdministratorAsync(by, async actor =>
    {
        var known = (await store.SetupAsync()).Channels.SingleOrDefault(c => c.Id == form.Id);
        if (known is null && !form.IsNew)
            return "This channel no longer exists.";
        if (known is not null && known.Kind != form.Kind)
            return "The kind of a channel stays. Remove it and make another one.";
        var stored = known is null ? null : vault.Open(known.Settings);
        var settings = form.ToSettings(stored);
        if (settings.Problem(form.Kind) is { } problem)
            return problem;
        if (form.Rules.Count == 0)
            return "Choose at least one rule.";
        var ((from, isFromRight), (to, isToRight)) = (ChannelForm.Minutes(form.QuietFrom), ChannelForm.Minutes(form.QuietTo));
        if (!isFromRight || !isToRight || from is null != to is null)
            return "Give both quiet hours as 22:00, or neither.";
        var place = settings.Place(form.Kind);
        var secret = stored is null || settings.Url != stored.Url || settings.Token != stored.Token || settings.Password != stored.Password ? ", secrets set" : "";
        var quiet = from is null ? "" : $", quiet from {ChannelForm.TimeText(from)} to {ChannelForm.TimeText(to)}";
        var rules = string.Join(",", form.Rules.Order().Select(r => r.Word()));
        return await store.PutChannelAsync(
            new()
            {
                Id = form.Id,
                Name = form.Name ?? "",
                Kind = form.Kind,
                IsEnabled = form.IsEnabled,
                Place = place,
                Settings = settings == stored ? known!.Settings : vault.Lock(settings),
                Rules = rules,
                QuietFrom = from,
                QuietTo = to,
            },
            $"{form.Kind} at {place}, {(form.IsEnabled ? "on" : "off")}, rules {rules}{quiet}{secret}", actor);
    });

    public Task<string?> RemoveAsync(ClaimsPrincipal by, Guid channel) => AsAdministratorAsync(by, actor => store.RemoveChannelAsync(channel, actor));

    /// <param name="rule">Word of a rule; empty: every rule.</param>
    /// <param name="host">Id and name; null: every host.</param>
    public Task<string?> MuteAsync(ClaimsPrincipal by, string rule, (string Id, string Name)? host, TimeSpan lasts, string reason) => AsAdministratorAsync(by, actor => store.MuteAsync(new()
    {
        Id = Guid.CreateVersion7(),
        Rule = IncidentWords.Rule(rule)?.Word(),
        HostId = host?.Id,
        Host = host?.Name,
        Until = (clock.GetUtcNow() + lasts).ToUnixTimeMilliseconds(),
        Reason = reason,
        Actor = actor,
    }));

    public Task<string?> UnmuteAsync(ClaimsPrincipal by, Guid mute) => AsAdministratorAsync(by, actor => store.UnmuteAsync(mute, actor));

    /// <summary>Sends a message that says that it is a test, and waits for the answer. Null when it was taken, else why not.</summary>
    public Task<string?> TestAsync(ClaimsPrincipal by, Guid id, CancellationToken stop = default) => AsAdministratorAsync(by, async actor =>
    {
        if ((await store.SetupAsync(stop)).Channels.SingleOrDefault(c => c.Id == id) is not { } channel)
            return "This channel no longer exists.";
        if (await store.TestedAsync(channel.Name, actor) is { } unaudited)
            return unaudited;
        var from = clock.GetTimestamp();
        var result = await postman.TestAsync(channel.Kind, vault.Open(channel.Settings), stop);
        counts.Add(channel.Kind, result.Word);
        var now = clock.GetUtcNow();
        await store.SaveAsync([], [
            new()
            {
                Id = Guid.CreateVersion7(now), At = now.ToUnixTimeMilliseconds(), ChannelId = channel.Id, Channel = channel.Name, What = "test", Title = "Test message", Outcome = result.Word,
                Detail = AuditChain.Storable(result.Detail)!, Milliseconds = Math.Round(clock.GetElapsedTime(from).TotalMilliseconds),
            },
        ], stop);
        return result.State == DeliveryState.Sent ? null : $"The test message was {(result.State == DeliveryState.Refused ? "refused" : "not delivered")}. {Live.HostText.Escape(result.Detail)}";
    });

    private async Task<string?> AsAdministratorAsync(ClaimsPrincipal by, Func<string, Task<string?>> change)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return "Only administrators can change alerts.";
        if (actor.NeedsFreshCode)
            return SecondFactorRule.FreshCodeNeeded;
        try
        {
            return await change(actor.Name);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return "The database does not answer.";
        }
    }
}

using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Live.Fleet;
using Ops.Web.Live.Joining;

namespace Ops.Web.Features.Hosts;

/// <summary>Makes and revokes the tokens with which remote agents connect, and forgets hosts. For administrators; Ops.Data writes the audit with each change.</summary>
public sealed class HostsCommand(Actors actors, AgentTokens tokens, AgentKeys keys, AgentAuthority authority, AgentEndpoint endpoint, FleetDesk fleet, KnownHosts hosts, AgentDirectory agents, LiveState live)
{
    public const int LabelLengthMax = 100;

    public Task<IReadOnlyList<AgentToken>> ListAsync() => tokens.ListAsync();

    /// <summary>Makes a token for one host. The text of the token can be read this once.</summary>
    public async Task<TokenOutcome> CreateAsync(ClaimsPrincipal by, string label)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return new TokenOutcome.Refused("Only administrators can create agent tokens.");
        label = label.Trim();
        if (label.Length is 0 or > LabelLengthMax || label.Any(char.IsControl))
            return new TokenOutcome.Refused($"Give the host a name of 1 to {LabelLengthMax} characters.");
        if (label == LocalAgents.Origin)
            return new TokenOutcome.Refused($"'{LocalAgents.Origin}' is the agent of the console's own machine. Choose another name.");
        try
        {
            if (endpoint.At is not null)
            {
                var (invited, secret) = await keys.CreateAsync(label, actor.Name);
                return new TokenOutcome.Created(invited, new JoinToken(secret, authority.Pin).ToString());
            }
            var (token, plain) = await tokens.CreateAsync(label, actor.Name);
            return new TokenOutcome.Created(token, plain);
        }
        catch (AuditNotWrittenException)
        {
            return new TokenOutcome.Refused("The audit could not be written, so no token was created.");
        }
    }

    /// <summary>Ends a token and the connection of its agent. Null when it is done, else why not.</summary>
    public async Task<string?> RevokeAsync(ClaimsPrincipal by, Guid tokenId)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return "Only administrators can revoke agent tokens.";
        try
        {
            if (!await tokens.RevokeAsync(tokenId, actor.Name))
                return "This token has already been revoked.";
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so the token is still valid.";
        }
        finally
        {
            // Also when it was revoked before: no connection may outlive its token.
            if ((await tokens.ListAsync()).Any(t => t.Id == tokenId && t.RevokedAt is not null))
                await fleet.DropTokenAsync(tokenId);
        }
        return null;
    }

    /// <summary>Asks the agent of a token for a new key, now or when it connects next. Null when it is done, else why not.</summary>
    public async Task<string?> RotateAsync(ClaimsPrincipal by, Guid tokenId)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return "Only administrators can ask agents for new keys.";
        try
        {
            if (await keys.AskRotationAsync(tokenId, actor.Name) is { } why)
                return why;
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so the agent was not asked.";
        }
        await fleet.AskRenewalAsync(tokenId);
        return null;
    }

    /// <summary>What to type on the host to join; null where the console has no endpoint for it.</summary>
    public string? JoinLine(string consoleAddress) =>
        endpoint.At is { } at && Uri.TryCreate(consoleAddress, UriKind.Absolute, out var address) ? $"ops agent join https://{address.Host}:{at.Port} --token-file /etc/mailstore-ops/join.token" : null;

    /// <summary>Takes a host that is gone off the pages, with its last known findings. Null when it is done, else why not.</summary>
    public async Task<string?> ForgetAsync(ClaimsPrincipal by, string hostId)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return "Only administrators can forget hosts.";
        if (agents.Find(hostId) is { IsLost: false } || live.Current.Host(hostId) is { Status.Connection: not HostConnection.Lost })
            return "Its agent is connected. Stop it first.";
        // A drill was never written down.
        if (live.Current.Host(hostId) is not { Status.IsDrill: true } && await hosts.ForgetAsync(hostId, actor.Name) is { } why)
            return why;
        await fleet.ForgetHostAsync(hostId);
        return null;
    }

    /// <summary>What to type on the host, with the token in a file that only its user can read.</summary>
    public static string CommandLine(string consoleAddress)
    {
        // The agent sends its token in the clear only to its own machine, unless it is set up to.
        var inTheClear = Uri.TryCreate(consoleAddress, UriKind.Absolute, out var address) && address is { Scheme: "http", IsLoopback: false };
        return $"ops agent --console {consoleAddress.TrimEnd('/')} --token-file /etc/mailstore-ops/agent.token{(inTheClear ? " --allow-http" : "")}";
    }
}

/// <summary>How the request for a token ended.</summary>
public abstract record TokenOutcome
{
    private TokenOutcome() { }

    /// <param name="Plain">Show it once and forget it.</param>
    public sealed record Created(AgentToken Token, string Plain) : TokenOutcome;

    public sealed record Refused(string Explanation) : TokenOutcome;
}

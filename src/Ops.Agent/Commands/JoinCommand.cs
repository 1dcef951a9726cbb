using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops agent join</c>: makes this host known to a console, once.</summary>
internal static class JoinCommand
{
    public static async Task<int> RunAsync(AgentSettings settings, Terminal terminal, IReadOnlyList<string> addresses, string? token, string? tokenFile, bool allowHttp, CancellationToken stop)
    {
        List<Uri> consoles = [];
        foreach (var address in addresses)
        {
            var problem = Uri.TryCreate(address, UriKind.Absolute, out var console) ? Problem(console, allowHttp) : $"{address} is not an absolute address";
            if (problem is not null)
            {
                terminal.Remark("ops: " + FilePath.Escape(problem));
                return ExitCode.Usage;
            }
            consoles.Add(AgentCommand.WithSlash(console!));
        }
        string? text;
        try
        {
            text = tokenFile is not null ? await File.ReadAllTextAsync(tokenFile, stop) : token ?? Environment.GetEnvironmentVariable(AgentCommand.TokenVariable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Remark("ops: " + FilePath.Escape(e.Message));
            return ExitCode.Failed;
        }
        if (string.IsNullOrWhiteSpace(text))
        {
            terminal.Remark($"ops: no token: give --token-file FILE, {AgentCommand.TokenVariable} or --token. Create a token on the console's Hosts page.");
            return ExitCode.Usage;
        }
        if (JoinToken.Parse(text) is not { } good)
        {
            terminal.Remark("ops: this is no token to join with: those begin with opsj_ and have 92 characters.");
            return ExitCode.Usage;
        }
        if (await AgentIdentity.JoinAsync(consoles, good, settings, TimeProvider.System, stop) is { } why)
        {
            terminal.Remark("ops: " + FilePath.Escape(why));
            return ExitCode.Refused;
        }
        terminal.Line($"This host has joined. Its key is in {FilePath.Escape(Path.Join(settings.StateDirectory, AgentIdentity.FileName))}; start the agent with: ops agent");
        return ExitCode.Done;
    }

    /// <summary>Why no host may join at this address; null when it may. Without TLS only on this machine, and only when that is asked for.</summary>
    public static string? Problem(Uri console, bool allowHttp) => console switch
    {
        { Scheme: "https" } => null,
        { Scheme: "http", IsLoopback: true } when allowHttp => null,
        { Scheme: "http", IsLoopback: true } => $"{console} is not encrypted. Use https, or --allow-http for a console on this machine.",
        { Scheme: "http" } => $"{console} is not encrypted: a host joins over https only.",
        _ => $"{console}: only http and https are known",
    };
}

namespace Ops.Testing;

/// <summary>A remote agent: <c>ops agent</c> as a process of its own.</summary>
public sealed class AgentProcess(ChildProcess process) : IDisposable
{
    public int Pid => process.Pid;

    public string Log => process.Log;

    public bool HasEnded => process.HasEnded;

    /// <param name="tokenFile">Read anew before every connect.</param>
    public static AgentProcess Start(Uri console, string tokenFile, string policy, string hostName) => Start([console], tokenFile, policy, hostName);

    /// <inheritdoc cref="Start(Uri, string, string, string)"/>
    /// <param name="consoles">Those of one fleet.</param>
    public static AgentProcess Start(IEnumerable<Uri> consoles, string tokenFile, string policy, string hostName) => new(ChildProcess.Start(
        Built.CommandLine, ["agent", .. consoles.SelectMany(c => (string[])["--console", c.AbsoluteUri]), "--token-file", tokenFile, "--policy", policy, "--host-name", hostName]));

    public Task<string> SaysAsync(string part, TimeSpan within) => process.LineAsync(part, within);

    public void Kill() => process.Kill();

    public void Dispose() => process.Dispose();
}

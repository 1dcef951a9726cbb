namespace Ops.Testing;

/// <summary>One process of <c>MailTraffic</c>.</summary>
public sealed class TrafficProcess(ChildProcess process) : IDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    public int Pid => process.Pid;

    public static async Task<TrafficProcess> StartAsync(params string[] arguments)
    {
        // A small heap each: there are many of them.
        var traffic = new TrafficProcess(ChildProcess.Start(Built.Traffic, arguments, new Dictionary<string, string>
        {
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_EnableDiagnostics"] = "0",
        }));
        await traffic.ReadyAsync();
        return traffic;
    }

    /// <summary>Python's own module <c>mailbox</c> as deliverer.</summary>
    public static async Task<TrafficProcess> StartPythonAsync(params string[] arguments)
    {
        var script = Path.Join(Path.GetDirectoryName(Built.Traffic), "mbox_user.py");
        var traffic = new TrafficProcess(ChildProcess.StartProgram("python3", [script, .. arguments]));
        await traffic.ReadyAsync();
        return traffic;
    }

    /// <summary>Lets it end, and returns what it has to say.</summary>
    public async Task<TrafficReport> ReportAsync()
    {
        await process.CloseInputAsync();
        return TrafficReport.Parse(await process.LineAsync(line => line.StartsWith('{') ? line : null, TimeSpan.FromSeconds(5)));
    }

    public void Dispose() => process.Dispose();

    private Task<string> ReadyAsync() => process.LineAsync($"pid {Pid} ready", StartsWithin);
}

using System.Runtime.InteropServices;

namespace Ops.Demo;

/// <summary>Ctrl-C, SIGTERM and a closed terminal: each ends the demo in an orderly way instead of killing it.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _requested = new();
    private readonly PosixSignalRegistration[] _signals;

    public Interrupt() => _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, signal =>
    {
        signal.Cancel = true;
        _requested.Cancel();
    }))];

    public CancellationToken Token => _requested.Token;

    public async Task RequestedAsync()
    {
        var requested = new TaskCompletionSource();
        await using var registration = Token.Register(requested.SetResult);
        await requested.Task;
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _requested.Dispose();
    }
}

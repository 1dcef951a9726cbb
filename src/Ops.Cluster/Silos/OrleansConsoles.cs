using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Ops.Cluster.Silos;

/// <summary>The consoles as Orleans' membership has them.</summary>
internal sealed class OrleansConsoles : IConsoles, ISiloStatusListener, IDisposable
{
    private readonly ISiloStatusOracle _oracle;
    private readonly ConsoleServiceClient _client;
    private readonly MessageSeal _seal;
    private readonly ILogger<OrleansConsoles> _log;
    private readonly Lock _gate = new();
    private volatile TaskCompletionSource _changed = NewSignal();
    private volatile IReadOnlyList<ConsoleId> _others = [];

    public OrleansConsoles(ISiloStatusOracle oracle, ConsoleServiceClient client, MessageSeal seal, ConsoleId me, ILogger<OrleansConsoles> log)
    {
        (_oracle, _client, _seal, _log) = (oracle, client, seal, log);
        Me = me;
        oracle.SubscribeToSiloStatusEvents(this);
        Read();
    }

    public ConsoleId Me { get; }

    public bool IsCluster => true;

    public IReadOnlyList<ConsoleId> Others => _others;

    public bool IsActive => _oracle.CurrentStatus == SiloStatus.Active;

    // A generation is the time of a start: the oldest run is first, and a console that joins never takes that from another.
    public bool IsFirst => IsActive && !_others.Any(o => Rank(o).CompareTo(Rank(Me)) < 0);

    public async Task ChangedAsync(IReadOnlyList<ConsoleId> seen, CancellationToken stop)
    {
        while (true)
        {
            var signal = _changed; // taken before the look
            if (!ReferenceEquals(_others, seen))
                return;
            await signal.Task.WaitAsync(stop);
        }
    }

    public async Task<byte[]> AskAsync(ConsoleId console, string kind, byte[] body, TimeSpan within, CancellationToken stop = default)
    {
        ConsoleAnswer answer;
        try
        {
            var service = _client.At(SiloAddress.FromParsableString(console.Address));
            answer = await service.Handle(new() { From = Me.Address, Kind = kind, Body = _seal.Seal(Me.Address, console.Address, kind, body) }).WaitAsync(within, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever Orleans throws: rejected, timed out, or the other has ended.
            throw new ConsoleUnreachableException($"Console {console} did not answer: {e.Message}", e);
        }
        if (answer.Failure is { } failure)
            throw new ConsoleUnreachableException($"Console {console} failed: {failure}");
        if (answer.Body is not { } sealedAnswer)
            throw new UnknownMessageException(kind);
        try
        {
            return _seal.Open(console.Address, Me.Address, kind, sealedAnswer);
        }
        catch (CryptographicException e)
        {
            throw new ConsoleUnreachableException($"The answer of console {console} does not come from a console of this fleet.", e);
        }
    }

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status) => Read();

    public void Dispose() => _oracle.UnSubscribeFromSiloStatusEvents(this);

    private void Read()
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            IReadOnlyList<ConsoleId> now = [.. _oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(a => new ConsoleId(a.ToParsableString())).Where(c => c != Me).OrderBy(c => c.Address, StringComparer.Ordinal)];
            if (now.SequenceEqual(_others))
                return;
            _others = now;
            signal = Interlocked.Exchange(ref _changed, NewSignal());
        }
        if (_log.IsEnabled(LogLevel.Information))
            _log.ConsolesChanged(string.Join(", ", _others.Append(Me)));
        signal.SetResult();
    }

    private static (int Generation, string Address) Rank(ConsoleId console) => (SiloAddress.FromParsableString(console.Address).Generation, console.Address);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

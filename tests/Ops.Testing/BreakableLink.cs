using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Ops.Testing;

/// <summary>A loopback port that passes everything on to another, until it is cut: then all that is open breaks, and what comes after is passed on again.</summary>
public sealed class BreakableLink : IAsyncDisposable
{
    private readonly Uri _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _open = [];
    private readonly Task _accepting;
    private int _accepted;
    private volatile bool _targetIsMute;
    private volatile bool _clientsAreMute;

    public BreakableLink(Uri target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    /// <summary>How many connections were made so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Until the next cut, nothing that the target sends arrives, its end included.</summary>
    public void MuteTarget() => _targetIsMute = true;

    /// <summary>Until the next cut, nothing that is sent to the target arrives there.</summary>
    public void MuteClients() => _clientsAreMute = true;

    public void Cut()
    {
        while (_open.TryTake(out var connection))
            connection.Client.Close(0);
        _targetIsMute = _clientsAreMute = false;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                await ConnectAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ConnectAsync(TcpClient near)
    {
        var far = new TcpClient();
        try
        {
            await far.ConnectAsync(_target.Host, _target.Port);
        }
        catch (SocketException)
        {
            // Nothing listens there now: as if this port were closed too.
            near.Client.Close(0);
            far.Dispose();
            return;
        }
        _open.Add(near);
        _open.Add(far);
        Interlocked.Increment(ref _accepted);
        _ = PassAsync(near, far, () => _clientsAreMute);
        _ = PassAsync(far, near, () => _targetIsMute);
    }

    private static async Task PassAsync(TcpClient from, TcpClient to, Func<bool> isMute)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int length;
            while ((length = await from.GetStream().ReadAsync(buffer)) > 0)
            {
                if (!isMute())
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, length));
            }
            if (!isMute())
                to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}

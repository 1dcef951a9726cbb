using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ops.Agent;

/// <summary>What <see cref="WebSocketConnectionFactory"/> needs to know beside the address.</summary>
public sealed class WebSocketConnectionOptions
{
    /// <summary>Asked before every connect, so a renewed token is picked up by a reconnect.</summary>
    public Func<CancellationToken, ValueTask<string?>>? AccessToken { get; set; }

    /// <summary>Client certificates, server certificate checks, proxy.</summary>
    public Action<ClientWebSocketOptions>? Configure { get; set; }

    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);
}

public static class WebSocketHubConnectionExtensions
{
    /// <summary>Stands in for <c>WithUrl</c> of the full SignalR client: WebSockets only, without the negotiate request.</summary>
    public static IHubConnectionBuilder WithWebSocket(this IHubConnectionBuilder builder, Uri url, Action<WebSocketConnectionOptions>? configure = null)
    {
        var options = new WebSocketConnectionOptions();
        configure?.Invoke(options);
        var scheme = url.Scheme switch { "http" => "ws", "https" => "wss", var s => s };
        builder.Services.AddSingleton<EndPoint>(new UriEndPoint(new UriBuilder(url) { Scheme = scheme }.Uri));
        builder.Services.Replace(ServiceDescriptor.Singleton<IConnectionFactory>(new WebSocketConnectionFactory(options)));
        return builder;
    }
}

/// <summary>A SignalR transport over <see cref="ClientWebSocket"/>.</summary>
public sealed class WebSocketConnectionFactory(WebSocketConnectionOptions options) : IConnectionFactory
{
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new ClientWebSocket();
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(options.ConnectTimeout);
            if (options.AccessToken is { } source && await source(timeout.Token) is { } token)
                socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
            socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
            socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(15);
            socket.Options.CollectHttpResponseDetails = true;
            options.Configure?.Invoke(socket.Options);
            await socket.ConnectAsync(((UriEndPoint)endpoint).Uri, timeout.Token);
            return new WebSocketConnection(socket, endpoint);
        }
        catch (WebSocketException e) when (socket.HttpStatusCode != 0)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            throw new ConnectRefusedException(status, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class WebSocketConnection : ConnectionContext, IDuplexPipe
    {
        private static readonly PipeOptions Options = new(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false);
        private readonly ClientWebSocket _socket;
        private readonly Pipe _received = new(Options);
        private readonly Pipe _toSend = new(Options);
        private readonly CancellationTokenSource _closed = new();
        private readonly Task _pumps;

        public WebSocketConnection(ClientWebSocket socket, EndPoint remote)
        {
            _socket = socket;
            RemoteEndPoint = remote;
            Transport = this;
            _pumps = Task.WhenAll(ReceiveAsync(), SendAsync());
        }

        public override string ConnectionId { get; set; } = Guid.NewGuid().ToString("N");
        public override IFeatureCollection Features { get; } = new FeatureCollection();
        public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();
        public override IDuplexPipe Transport { get; set; }
        public override CancellationToken ConnectionClosed { get => _closed.Token; set => throw new NotSupportedException(); }
        PipeReader IDuplexPipe.Input => _received.Reader;
        PipeWriter IDuplexPipe.Output => _toSend.Writer;

        public override void Abort(ConnectionAbortedException abortReason) { _closed.Cancel(); _socket.Abort(); }

        public override async ValueTask DisposeAsync()
        {
            await _toSend.Writer.CompleteAsync();   // lets SendAsync drain, then close the socket
            await _received.Reader.CompleteAsync();
            await Task.WhenAny(_pumps, Task.Delay(TimeSpan.FromSeconds(5)));
            _closed.Cancel();
            _socket.Dispose();                      // also ends a receive that is still under way
            await base.DisposeAsync();
        }

        private async Task ReceiveAsync()
        {
            Exception? error = null;
            try
            {
                while (true)
                {
                    var result = await _socket.ReceiveAsync(_received.Writer.GetMemory(16 * 1024), _closed.Token);
                    if (result.MessageType == WebSocketMessageType.Close) break;
                    _received.Writer.Advance(result.Count);
                    if ((await _received.Writer.FlushAsync()).IsCompleted) break;
                }
            }
            catch (OperationCanceledException) { }
            catch (Exception e) { error = e; }
            await _received.Writer.CompleteAsync(error);
            _toSend.Reader.CancelPendingRead();     // the peer is gone: stop sending
        }

        private async Task SendAsync()
        {
            Exception? error = null;
            try
            {
                while (true)
                {
                    var read = await _toSend.Reader.ReadAsync();
                    if (read.IsCanceled) break;
                    foreach (var part in read.Buffer)
                        if (!part.IsEmpty) await _socket.SendAsync(part, WebSocketMessageType.Text, endOfMessage: true, _closed.Token);
                    _toSend.Reader.AdvanceTo(read.Buffer.End);
                    if (read.IsCompleted) break;
                }
                if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _closed.Token);
            }
            catch (OperationCanceledException) { }
            catch (Exception e) { error = e; }
            await _toSend.Reader.CompleteAsync(error);
        }
    }
}

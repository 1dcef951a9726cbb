using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ops.Bench;

/// <summary>A session of IMAP: one command at a time.</summary>
internal sealed class ImapClient : IDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromMinutes(1);
    private readonly TcpClient _client = new();
    private readonly StreamReader _reader;
    private int _tag;

    public ImapClient(int port, string user)
    {
        _client.Connect(IPAddress.Loopback, port);
        _reader = new StreamReader(_client.GetStream(), Encoding.Latin1);
        if (!SayAsync($"LOGIN {user} none").GetAwaiter().GetResult())
            throw new InvalidOperationException($"Dovecot does not let {user} in");
    }

    /// <summary>Messages in the selected mailbox, as far as the server has said.</summary>
    public int Messages { get; private set; }

    /// <returns>Whether the server answered OK.</returns>
    public Task<bool> SayAsync(string command) => SendAsync(command, null);

    public Task<bool> AppendAsync(string mailbox, string message) =>
        SendAsync(string.Create(CultureInfo.InvariantCulture, $"APPEND {mailbox} {{{message.Length}}}"), message);

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }

    private async Task<bool> SendAsync(string command, string? literal)
    {
        using var limit = new CancellationTokenSource(AnswersWithin);
        var tag = "a" + (++_tag).ToString(CultureInfo.InvariantCulture);
        var stream = _client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{tag} {command}\r\n"), limit.Token);
        while (await _reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                return line.StartsWith(tag + " OK", StringComparison.Ordinal);
            if (line.StartsWith('+') && literal is not null)
                await stream.WriteAsync(Encoding.Latin1.GetBytes(literal + "\r\n"), limit.Token);
            var words = line.Split(' ');
            if (words is ["*", var count, "EXISTS", ..])
                Messages = int.Parse(count, CultureInfo.InvariantCulture);
            else if (words is ["*", _, "EXPUNGE", ..])
                Messages--;
        }

        throw new IOException("the server closed the connection");
    }
}

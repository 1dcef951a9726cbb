using System.Collections.Concurrent;
using System.Text;

namespace Ops.Bench;

/// <summary>Users at work: deliveries, flags, copies, moves, expunges and renames of mailboxes, until they are stopped.</summary>
internal sealed class LivingTraffic(LivingDovecot server)
{
    public static readonly IReadOnlyList<string> Kinds = ["delivery", "append", "flag", "copy", "move", "expunge", "rename"];
    private const int FewMessages = 150;
    private const int SessionsOfUser = 2;

    /// <summary>What the server did, by kind.</summary>
    public ConcurrentDictionary<string, long> Done { get; } = new();

    public static string Message(Random dice)
    {
        var text = new StringBuilder("From: a@example.org\r\nTo: b@example.org\r\nSubject: ").Append(dice.Next()).Append("\r\n\r\n");
        for (var line = dice.Next(3, 400); line > 0; line--)
            text.Append('x', dice.Next(1, 76)).Append("\r\n");
        return text.ToString();
    }

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(LivingDovecot.Users.SelectMany(user =>
        Enumerable.Range(0, SessionsOfUser).Select(n => Task.Run(() => SessionAsync(user, n, stop), CancellationToken.None))
            .Append(Task.Run(() => DeliverAsync(user, stop), CancellationToken.None))));

    private async Task DeliverAsync(string user, CancellationToken stop)
    {
        var dice = new Random();
        while (!stop.IsCancellationRequested)
        {
            Count("delivery", await server.DeliverAsync(user, Message(dice)));
            await Task.Delay(200, CancellationToken.None);
        }
    }

    private async Task SessionAsync(string user, int number, CancellationToken stop)
    {
        var dice = new Random();
        using var client = server.Connect(user);
        // Each session has mailboxes of its own to rename; all share INBOX and Archive.
        var (mine, renamed) = ($"Work{number}", $"Works{number}");
        await client.SayAsync("CREATE Archive");
        await client.SayAsync($"CREATE {mine}");
        while (!stop.IsCancellationRequested)
        {
            await client.SayAsync("SELECT " + (dice.Next(3) switch { 0 => "Archive", 1 => mine, _ => "INBOX" }));
            for (var step = 0; step < 15; step++)
                await StepAsync(client, dice, mine);
            // A mailbox that is selected is not renamed.
            await client.SayAsync("SELECT INBOX");
            Count("rename", await client.SayAsync($"RENAME {mine} {renamed}"));
            (mine, renamed) = (renamed, mine);
        }
    }

    private async Task StepAsync(ImapClient client, Random dice, string mine)
    {
        var any = dice.Next(Math.Max(1, client.Messages)) + 1;
        var to = dice.Next(3) switch { 0 => "INBOX", 1 => "Archive", _ => mine };
        if (client.Messages > FewMessages)
        {
            await client.SayAsync($"STORE 1:{client.Messages - FewMessages / 2} +FLAGS.SILENT (\\Deleted)");
            Count("expunge", await client.SayAsync("EXPUNGE"));
            return;
        }

        switch (dice.Next(10))
        {
            case < 4:
                Count("append", await client.AppendAsync(to, Message(dice)));
                break;
            case < 6:
                Count("flag", await client.SayAsync($"STORE {any} {(dice.Next(2) == 0 ? '+' : '-')}FLAGS (\\Seen)"));
                break;
            case 6:
                Count("copy", await client.SayAsync($"COPY {any} {to}"));
                break;
            case < 9:
                Count("move", await client.SayAsync($"MOVE {any} {to}"));
                break;
            default:
                await client.SayAsync($"STORE {any} +FLAGS (\\Deleted)");
                Count("expunge", await client.SayAsync("EXPUNGE"));
                break;
        }
    }

    // What another session was quicker with is refused, and did not happen.
    private void Count(string kind, bool happened)
    {
        if (happened)
            Done.AddOrUpdate(kind, 1, static (_, count) => count + 1);
    }
}

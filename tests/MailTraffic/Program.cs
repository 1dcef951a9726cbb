using System.Globalization;

namespace Ops.Testing;

/// <summary>
/// One program of a busy mail host, until standard input closes. Prints <c>pid N ready</c>, and at its end one line of JSON, a <see cref="TrafficReport"/>:
/// <code>
/// user STORE WITNESS ID     takes dot locks on the mailboxes of STORE and appends numbered messages
/// stager STORE ID           Cyrus-like: makes stage./PID-TIME-N, links it into two mailboxes, unlinks it
/// churn DIR PER-SECOND      takes and releases record locks on files in DIR; each is one change
/// </code>
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0)
            {
            }

            stop.Cancel();
        })
        { IsBackground = true }.Start();

        Func<CancellationToken, TrafficReport> work = arguments switch
        {
            ["user", var store, var witness, var id] => new LockUser(store, witness, Number(id)).Run,
            ["stager", var store, var id] => new StageWriter(store, Number(id)).Run,
            ["churn", var directory, var perSecond] => new LockChurn(directory, Number(perSecond)).Run,
            _ => throw new ArgumentException($"not a kind of traffic: {string.Join(' ', arguments)}"),
        };
        Console.Out.WriteLine($"pid {Environment.ProcessId} ready");
        Console.Out.Flush();
        Console.Out.WriteLine(work(stop.Token).ToLine());
        Console.Out.Flush();
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

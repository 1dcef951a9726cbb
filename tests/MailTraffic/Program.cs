using System.Globalization;

namespace Ops.Testing;

/// <summary>
/// One program of a busy mail host, until standard input closes. Prints <c>pid N ready</c>, and at its end one line of JSON, a <see cref="TrafficReport"/>:
/// <code>
/// user STORE WITNESS ID [PROGRAM]
///                           takes dot locks on the mailboxes of STORE, by itself or by dotlockfile or lockfile, and appends numbered messages
/// stager STORE ID           Cyrus-like: makes stage./PID-TIME-N, links it into two mailboxes, unlinks it
/// churn DIR PER-SECOND [FILES [KIND [BURST]]]
///                           takes and releases locks (posix unless told, ofd, flock) on 10 or that many files in DIR; each is one change, and so many
///                           (1 unless told) follow each other without a pause
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
            ["user", var store, var witness, var id, var program] => new LockUser(
                store, witness, Number(id), LockProgram.Of(program) ?? throw new ArgumentException($"not a program that takes locks: {program}")).Run,
            ["stager", var store, var id] => new StageWriter(store, Number(id)).Run,
            ["churn", var directory, var perSecond, .. var more] => new LockChurn(
                directory, Number(perSecond), more is [var files, ..] ? Number(files) : 10, more is [_, var kind, ..] ? kind : "posix", more is [_, _, var burst] ? Number(burst) : 1).Run,
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

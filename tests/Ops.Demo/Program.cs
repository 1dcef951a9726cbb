using Ops.Demo;

// Ops.Demo                          the demo, until Ctrl-C
// Ops.Demo --port 6000              at another port of loopback; the next one signs visitors in
// Ops.Demo --screenshots DIR        the pictures of the documentation
using var stop = new Interrupt();
try
{
    await using var site = await DemoSite.StartAsync(Argument("--port") is { } port ? int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) : null);
    if (Argument("--screenshots") is { } directory)
    {
        await Screenshots.TakeAsync(site, directory, stop.Token);
        return 0;
    }

    await using var door = await Door.OpenAsync(site);
    Console.WriteLine($"""
        Mailstore Ops demo, on this machine only:

          {door.Link(DemoAccounts.Operator)}   signed in as an operator
          {door.Link(DemoAccounts.Viewer)}     signed in as a viewer

        The mail store is {site.Store.Root}; nothing else is touched.{(Environment.IsPrivilegedProcess ? "" : "\nWithout root, the agent sees only your own processes and refuses what it cannot prove.")}
        Ctrl-C ends it and removes everything.
        """);
    await stop.RequestedAsync();
    return 0;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    return 130;
}

string? Argument(string name) => args.SkipWhile(a => a != name).Skip(1).FirstOrDefault();

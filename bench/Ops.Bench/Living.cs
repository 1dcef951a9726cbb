using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ops.Integrity;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>Audits by <c>ops audit-store --full</c> of a store at which a real Dovecot works all the time: nothing may be found until damage is planted, and then just that.</summary>
internal static class Living
{
    private const string Time = "/usr/bin/time";

    /// <returns>False when a finding was false, planted damage was not found, or the traffic did not do its part.</returns>
    public static async Task<bool> RunAsync(TimeSpan duration)
    {
        if (!File.Exists(LivingDovecot.Program) || !File.Exists(LivingDovecot.Delivery) || !File.Exists(Time))
        {
            Console.Error.WriteLine("living needs Dovecot 2.3 and time(1): build/packages.sh dovecot-imapd time");
            return false;
        }

        using var server = new LivingDovecot();
        await LivingDamage.KeepAsync(server);
        var traffic = new LivingTraffic(server);
        using var stop = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var users = traffic.RunAsync(stop.Token);
        List<Audit> audits = [];
        while (clock.Elapsed < duration && !users.IsCompleted)
            audits.Add(await AuditAsync(server));
        var elapsed = clock.Elapsed;
        // Messages come and go while the damage is planted and looked for.
        var planted = LivingDovecot.Users.SelectMany(user => LivingDamage.Plant(server, user)).ToHashSet();
        var after = await AuditAsync(server);
        await stop.CancelAsync();
        await users;

        var wrong = audits.SelectMany(a => a.Document.Damages).Concat(after.Document.Damages.Where(d => !planted.Contains(Named(d)))).ToList();
        var missed = planted.Except(after.Document.Damages.Select(Named)).ToList();
        var idle = LivingTraffic.Kinds.Where(k => !traffic.Done.ContainsKey(k)).ToList();
        foreach (var damage in wrong)
            Console.Error.WriteLine($"FALSE: {damage.Check} {damage.Path}: {string.Join(' ', damage.Evidence)}");
        foreach (var (check, path) in missed)
            Console.Error.WriteLine($"NOT FOUND: {check} {path}");
        if (idle.Count > 0)
            Console.Error.WriteLine("the traffic did not do its part: no " + string.Join(", no ", idle));
        foreach (var unseen in audits.SelectMany(a => a.Document.NotSeen).Distinct().Take(20))
            Console.Error.WriteLine("not seen: " + unseen);
        Print(elapsed, traffic, audits, wrong.Count, planted.Count, missed.Count);
        return wrong.Count == 0 && missed.Count == 0 && idle.Count == 0 && audits.Count > 0;
    }

    private static void Print(TimeSpan elapsed, LivingTraffic traffic, IReadOnlyList<Audit> audits, int wrong, int planted, int missed)
    {
        var coverage = audits.Select(a => a.Document.Coverage).ToList();
        Table.Print(
            string.Create(CultureInfo.InvariantCulture, $"`ops audit-store --full` without pause for {elapsed.TotalMinutes:0.0} min while Dovecot works at the same Maildir and sdbox"),
            ["", ""],
            [
                .. LivingTraffic.Kinds.Select(k => (IReadOnlyList<string>)[k + " by Dovecot", Text(traffic.Done.GetValueOrDefault(k))]),
                ["audits", Text(audits.Count)],
                ["messages looked at, read", $"{Text(coverage.Sum(c => c.Messages))}, {Text(coverage.Sum(c => c.Read))}"],
                ["differences that a second look did not confirm", Text(coverage.Sum(c => c.Settled))],
                ["differences that changed with every look, not reported", Text(coverage.Sum(c => c.Unsettled))],
                ["audits that did not see something", Text(audits.Count(a => a.Document.NotSeen.Count > 0))],
                ["false findings", Text(wrong)],
                ["damage planted, found", $"{Text(planted)}, {Text(planted - missed)}"],
                ["time of an audit, median and slowest", string.Create(CultureInfo.InvariantCulture, $"{audits.Select(a => a.Seconds).Median():0.0} s, {audits.Max(a => a.Seconds):0.0} s")],
                ["processor time of an audit, median", string.Create(CultureInfo.InvariantCulture, $"{audits.Select(a => a.ProcessorSeconds).Median():0.00} s")],
            ]);
    }

    private static async Task<Audit> AuditAsync(LivingDovecot server)
    {
        var (program, arguments) = Built.Launch(Built.CommandLine, ["audit-store", "--full", "--json", "--root", server.Store]);
        var start = new ProcessStartInfo(Time, ["-q", "-f", "%U %S", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = clock.Elapsed.TotalSeconds;
        if (!output.StartsWith('{') || (await errors).TrimEnd().Split('\n')[^1].Split(' ') is not [var user, var system])
            throw new InvalidOperationException($"the audit ended with {process.ExitCode}: {await errors}{output}");
        return new Audit(
            JsonSerializer.Deserialize(output, IntegrityJson.Default.AuditDocument)!, seconds, double.Parse(user, CultureInfo.InvariantCulture) + double.Parse(system, CultureInfo.InvariantCulture));
    }

    private static (string Check, string Path) Named(AuditedMessage damage) => (damage.Check, damage.Path);

    private static string Text(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <param name="ProcessorSeconds">User and system time.</param>
    private sealed record Audit(AuditDocument Document, double Seconds, double ProcessorSeconds);
}

using System.Text.Json;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>An incident that is there now.</summary>
/// <param name="Path">What to ask about.</param>
/// <param name="At">When it was complete.</param>
internal sealed record DrillMade(DrillIncident Incident, string Path, DateTimeOffset At);

/// <summary>
/// A mail store of its own, for one user, in which real processes have brought each incident about: nothing is made up but the reason. It ends and goes with this object, and
/// its processes end with this program, however that ends.
/// </summary>
internal sealed class DrillSandbox : IDisposable
{
    // Other programs start processes in between: as many numbers are left free for them while the lock of the recycled pid grows old.
    private const int NumbersAhead = 4_000;
    private const int MostTries = 10;
    private const string Mail = "From alice@example.org Thu Jan  1 00:00:00 1970\nSubject: first\n\nHello.\n\n";
    private const string LateMail = "From bob@example.org Thu Jan  1 00:00:00 1970\nSubject: written after the mailbox was replaced\n\nNo name leads here.\n\n";
    private const string OtherHost = "mail7.example.net";

    private readonly TimeProvider _clock;
    private readonly DrillProcesses _processes;
    private volatile IReadOnlyList<DrillMade> _made = [];
    private readonly string _directory = Directory.CreateTempSubdirectory(DrillPlace.Prefix).FullName;

    public DrillSandbox(DrillProgram program, TimeProvider clock)
    {
        _clock = clock;
        _processes = new DrillProcesses(program.Program, [.. program.Arguments, "drill", DrillCommand.ProcessWord]);
        Store = Directory.CreateDirectory(Path.Join(_directory, "mail")).FullName;
        using (var stream = new FileStream(PolicyFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            WritePolicy(writer);
        Settings = AgentSettings.Load(PolicyFile, hostName: $"drill-{Environment.MachineName}");
        // By its real name, as findings give it.
        Store = Settings.Roots[0].Path.Text;
    }

    /// <summary>The root of the mail store.</summary>
    public string Store { get; }

    /// <summary>For <c>--policy</c>: this store and nothing else.</summary>
    public string PolicyFile => Path.Join(_directory, "policy.json");

    public AgentSettings Settings { get; }

    /// <summary>Those that are there so far; may be asked for while others are made.</summary>
    public IReadOnlyList<DrillMade> Made => _made;

    /// <summary>Makes them one after another.</summary>
    /// <exception cref="DrillException">One cannot be made on this host.</exception>
    /// <exception cref="OperationCanceledException">Stopped in between.</exception>
    public void Make(IReadOnlyList<DrillIncident> incidents, CancellationToken stop)
    {
        foreach (var incident in incidents)
        {
            stop.ThrowIfCancellationRequested();
            var path = MakeOne(incident, stop);
            _made = [.. _made, new(incident, path, _clock.GetUtcNow())];
        }
    }

    public void Dispose()
    {
        _processes.Dispose();
        try
        {
            Directory.Delete(_directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // A cleaner of temporary directories was faster.
        }
    }

    private string MakeOne(DrillIncident incident, CancellationToken stop)
    {
        if (incident == DrillIncident.LinkedOrphan)
            return LinkedOrphan();
        var mailbox = Mailbox(incident.Mailbox);
        if (incident == DrillIncident.KilledHolder)
            Killed("deliver", new DrillStep(DrillVerb.Create, mailbox + ".lock", DrillStep.Pid + "\n"));
        else if (incident == DrillIncident.RecycledPid)
            RecycledPid(mailbox, stop);
        else if (incident == DrillIncident.RenameOver)
            RenameOver(mailbox);
        else if (incident == DrillIncident.EmptyLock)
            Killed("script", new DrillStep(DrillVerb.Create, mailbox + ".lock"));
        else if (incident == DrillIncident.TwoBreakers)
            TwoBreakers(mailbox);
        else if (incident == DrillIncident.FrozenHolder)
            FrozenHolder(mailbox);
        else if (incident == DrillIncident.Deadlock)
            Deadlock(mailbox);
        else if (incident == DrillIncident.ForeignHost)
            Killed("imap", new DrillStep(DrillVerb.Create, mailbox + ".lock", $"{DrillStep.Pid}:{OtherHost}"));
        else
            throw new ArgumentOutOfRangeException(nameof(incident), incident.Name, "it is not known how to make it");
        return mailbox;
    }

    private void Killed(string name, params IReadOnlyList<DrillStep> steps)
    {
        var process = _processes.Start(name, steps);
        process.WaitFor(0, steps.Count);
        process.End();
    }

    // First the lock, which names a number that no process has yet; then, once their order proves something, a process that gets that number.
    private void RecycledPid(string mailbox, CancellationToken stop)
    {
        var path = mailbox + ".lock";
        var old = Settings.Judging.GreyZone + TimeSpan.FromMilliseconds(500);
        for (var attempt = 1; attempt <= MostTries; attempt++)
        {
            var number = _processes.NumberAhead(NumbersAhead * attempt);
            File.Delete(path);
            Write(path, FormattableString.Invariant($"{number}\n"));
            stop.WaitHandle.WaitOne(old);
            stop.ThrowIfCancellationRequested();
            if (_processes.StartNumbered(number, "backup") is not null)
                return;
        }
        throw new DrillException($"{DrillIncident.RecycledPid.Name}: other programs of this host start so many processes that no process could be given the number in a lock");
    }

    private void RenameOver(string mailbox)
    {
        var writer = _processes.Start("imapd", new DrillStep(DrillVerb.Lock, mailbox), new DrillStep(DrillVerb.Pause), new DrillStep(DrillVerb.Append, "", LateMail));
        writer.WaitFor(0, 1);
        Waiter("lmtpd", mailbox);
        File.Move(Mailbox(Path.GetFileName(mailbox) + ".new"), mailbox, overwrite: true);
        writer.GoOn();
        writer.WaitFor(0, 3);
    }

    private void TwoBreakers(string mailbox)
    {
        var path = mailbox + ".lock";
        Killed("deliver", new DrillStep(DrillVerb.Create, path, DrillStep.Pid + "\n"));
        _processes.Start("mutt", new DrillStep(DrillVerb.Read, path)).WaitFor(0, 1);
        _processes.Start("procmail", new DrillStep(DrillVerb.Read, path)).WaitFor(0, 1);
    }

    private void FrozenHolder(string mailbox)
    {
        var holder = _processes.Start("imapd", new DrillStep(DrillVerb.Lock, mailbox));
        holder.WaitFor(0, 1);
        Waiter("lmtpd", mailbox);
        Waiter("lmtpd", mailbox);
        holder.Stop();
    }

    private void Deadlock(string mailbox)
    {
        var path = mailbox + ".lock";
        var first = _processes.Start("maildrop", new DrillStep(DrillVerb.Create, path, DrillStep.Pid + "\n"), new DrillStep(DrillVerb.Pause), new DrillStep(DrillVerb.Lock, mailbox));
        var second = _processes.Start("elm", new DrillStep(DrillVerb.Lock, mailbox), new DrillStep(DrillVerb.Pause), new DrillStep(DrillVerb.Poll, path, DrillStep.Pid + "\n"));
        first.WaitFor(0, 1);
        second.WaitFor(0, 1);
        // Each has its first lock: now each tries for the other's.
        first.GoOn();
        second.GoOn();
        first.WaitFor(4, 2);
        second.WaitFor(4, 2);
    }

    private string LinkedOrphan()
    {
        var staged = Directory.CreateDirectory(Path.Join(Store, DrillIncident.LinkedOrphan.Mailbox)).FullName;
        var mailbox = Directory.CreateDirectory(Path.Join(Store, "cyrus/user/ida")).FullName;
        var name = FormattableString.Invariant($"{staged}/{DrillStep.Pid}-{_clock.GetUtcNow().ToUnixTimeSeconds()}-1");
        Killed("lmtpd", new DrillStep(DrillVerb.Create, name, "Subject: an invoice\r\n\r\nPlease find it attached.\r\n"), new DrillStep(DrillVerb.Link, name, Path.Join(mailbox, "1.")));
        return Directory.GetFiles(staged).Single();
    }

    // The second beginning: its file is open, and it is about to be queued by the kernel.
    private void Waiter(string name, string mailbox) => _processes.Start(name, new DrillStep(DrillVerb.Lock, mailbox)).WaitFor(2, 0);

    private string Mailbox(string name) => Write(Path.Join(Store, name), Mail);

    private static string Write(string path, string text)
    {
        using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
        return path;
    }

    private void WritePolicy(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("drill", true);
        writer.WriteStartArray("roots");
        writer.WriteStringValue(Store);
        writer.WriteEndArray();
        // To end one of two deadlocked processes is part of the drill.
        writer.WriteStartArray("verbs");
        foreach (var verb in new Policy().Verbs.Append(Contracts.Words.Of(OperatorAction.Terminate)))
            writer.WriteStringValue(verb);
        writer.WriteEndArray();
        writer.WriteString("gracePeriod", "00:00:01");
        writer.WriteString("stateDirectory", Path.Join(_directory, "state"));
        writer.WriteEndObject();
    }
}

namespace Ops.Locks;

/// <summary>What an agent answers when it is asked for a process that a lock on another host names, and for a file that this process may use.</summary>
public static class AskedNumbers
{
    /// <param name="startTicks">Which process of that number is meant; null: any.</param>
    /// <param name="host">With the kernel's answer for this number.</param>
    public static (OtherHostState State, string Detail) Of(int pid, ulong? startTicks, HostFacts host)
    {
        var asked = host.Processes.Asked.GetValueOrDefault(pid, AskedNumber.NotAsked);
        var known = host.Processes.Numbered(pid).Concat(asked.Threads.Select(t => t.Process)).DistinctBy(p => p.Pid).ToList();
        var living = known.Where(p => p.IsAlive).ToList();
        var where = $"on {FilePath.Escape(host.HostName)}";
        if (living.Find(p => startTicks is null || p.Identity.StartTicks == startTicks) is { } process)
            return (OtherHostState.Alive, $"pid {pid} {where} is alive: {Activity.Who(process)}, started {process.StartedAt:u}");
        // What another user may not see is hidden from a listing, and the kernel still says that the number is taken.
        if (asked.Exists == Answer.Unknown || (asked.Exists == Answer.Yes && known.Count == 0))
            return (OtherHostState.Unknown, $"whether pid {pid} exists {where} could not be determined");
        if (!host.IsPrivileged)
            return (OtherHostState.Unknown, $"the agent {where} is not privileged: it does not see every process that may have the number {pid}");
        if (living.Count > 0)
            return (OtherHostState.Reused, $"pid {pid} {where} is another process since: it started {living[0].StartedAt:u}");
        return (OtherHostState.Absent, $"neither a process nor a thread has the number {pid} {where}, whose kernel booted {host.BootedAt:u}");
    }

    /// <summary>Whether a process seen here has the file open or locked.</summary>
    public static (Answer Used, string Detail) UseOf(FileIdentity file, HostFacts host)
    {
        var where = $"on {FilePath.Escape(host.HostName)}";
        if (host.OpenFiles.Of(file) is [var open, ..])
            return (Answer.Yes, $"{Activity.Who(open.Process)} {where} has it open");
        if (host.Locks.Entries.FirstOrDefault(e => e.File == file) is { } entry)
            return (Answer.Yes, $"{(entry.Parties is [var party, ..] ? Activity.Who(party.Process) : "a process")} {where} has a kernel lock on it, or waits for one");
        return host is { SeesAllOpenFiles: true, IsPrivileged: true }
            ? (Answer.No, $"no process {where} has it open")
            : (Answer.Unknown, $"not all open files can be seen {where}");
    }
}

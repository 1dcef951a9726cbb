using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    private sealed partial class LockLook
    {
        /// <summary>Takes over from the look before what is still so, see <see cref="KeptLocks"/>.</summary>
        private void Keep()
        {
            DescriptorTable? table = null;
            var (tableOf, was, isSame) = (0, (ProcessFacts?)null, false);
            foreach (var entry in before.Entries)
            {
                if (Gathered.MayKeep(entry) && Paths.LeadsTo(entry.Path!.Value, entry.File!.Value) && WithProcessesNow(entry) is { } now && (entry.Lock is { Class: LockClass.Posix, Pid: > 0 } || entry.Parties.All(Shows)))
                    Gathered.Keep(now);

                bool Shows(LockParty party)
                {
                    if (tableOf != party.Process.Pid)
                    {
                        table?.Dispose();
                        (table, tableOf) = (Open(party.Process.Pid, null), party.Process.Pid);
                        if (table?.BelongsTo(party.Process, null, reader._files) == false)
                        {
                            table.Dispose();
                            table = null;
                        }
                    }
                    var key = LockKey.Of(entry.Lock);
                    return table?.DetailsOf(party.Descriptor!.Value, reader._files) is { IsPathOnly: false } details && details.Locks.Any(row => LockKey.Of(row) == key);
                }
            }
            table?.Dispose();

            // Most locks of a process follow one another: it is compared once.
            LockEntry? WithProcessesNow(LockEntry entry)
            {
                LockParty[]? changed = null;
                for (var at = 0; at < entry.Parties.Count; at++)
                {
                    var party = entry.Parties[at];
                    if (!processes.Processes.TryGetValue(party.Process.Pid, out var process) || process is { IsKernelThread: true } or { State: 'Z' or 'X' } || process.Identity != party.Process.Identity)
                        return null;
                    if (!ReferenceEquals(was, party.Process))
                        (was, isSame) = (party.Process, party.Process.SaysTheSame(process));
                    if (!isSame)
                        (changed ??= [.. entry.Parties])[at] = party with { Process = process };
                }
                return changed is null ? entry : entry with { Parties = changed };
            }
        }

        private List<int> Newcomers() =>
            [.. processes.Processes.Values.Where(p => before.Processes?.Processes.GetValueOrDefault(p.Pid)?.Identity != p.Identity).Select(p => p.Pid)];
    }
}

using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    private const string OurOwnProc = "/proc";

    /// <summary>
    /// Asks the kernel for each of these numbers by itself: a number that is not in the listing may be a thread's, or that of a process which may not be
    /// listed. Costs one open for a number that is not listed, and one for each further thread of a process in a pid namespace of its own.
    /// </summary>
    /// <param name="processes">A look that was just taken.</param>
    /// <param name="claimed">Numbers that files give as their owners.</param>
    public ProcessTable Ask(ProcessTable processes, IReadOnlySet<int> claimed)
    {
        if (claimed.Count == 0)
            return processes;
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root))
                return processes;
            using (root)
            {
                var nested = new List<(int Number, ThreadFacts Thread)>();
                var isWhole = AddNestedThreads(root, processes, claimed, nested);
                var inside = nested.ToLookup(t => t.Number, t => t.Thread);
                return processes with { Asked = claimed.ToDictionary(n => n, n => Ask(root, processes, n, [.. inside[n]], isWhole)) };
            }
        }
    }

    private AskedNumber Ask(FileDescriptor root, ProcessTable processes, int number, IReadOnlyList<ThreadFacts> nested, bool isWhole)
    {
        if (processes.Processes.ContainsKey(number))
            return new AskedNumber(Answer.Yes, nested);
        Span<byte> name = stackalloc byte[11];
        // A number that goes while it is read is asked for again: then it is another process's, or none's.
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (!root.OpenSubdirectory(ProcFiles.Name(number, name)).TryGet(out var directory, out var error))
                return new AskedNumber(ExistsWithout(error, number) is Answer.No && !isWhole ? Answer.Unknown : ExistsWithout(error, number), nested);
            using (directory)
            {
                if (ReadThread(root, directory, processes, number) is { } thread)
                    return new AskedNumber(Answer.Yes, [.. nested, thread.Facts]);
            }
        }
        return new AskedNumber(Answer.Unknown, nested);
    }

    /// <summary>Whether the number exists although its directory could not be opened: only the kernel's own "no such process" says that it does not.</summary>
    private Answer ExistsWithout(Errno error, int number) => error switch
    {
        Errno.NotPermitted or Errno.AccessDenied => Answer.Yes,
        // Where /proc hides processes of others it says the same of them as of none. Captured text knows nothing of our kernel's numbers.
        Errno.NotFound or Errno.NoSuchProcess when options.ProcRoot == OurOwnProc => ProcessNumber.Probe(number) switch
        {
            Errno.None or Errno.NotPermitted => Answer.Yes,
            Errno.NoSuchProcess => Answer.No,
            _ => Answer.Unknown,
        },
        Errno.NotFound or Errno.NoSuchProcess => Answer.No,
        _ => Answer.Unknown,
    };

    /// <summary>The thread whose directory this is, with its numbers in all pid namespaces; null when it went while it was read.</summary>
    private (ThreadFacts Facts, IReadOnlyList<int> Numbers)? ReadThread(FileDescriptor root, FileDescriptor directory, ProcessTable processes, int number)
    {
        if (_files.ReadWhole(directory, "status"u8, out var text) != Errno.None || ProcStatus.Parse(text) is not { ThreadGroup: { } group } status
            || _files.ReadWhole(directory, "stat"u8, out text) != Errno.None || ProcStat.Parse(text) is not { } stat
            || (processes.Processes.GetValueOrDefault(group) ?? ReadProcess(root, group)) is not { } process)
        {
            return null;
        }

        return (new ThreadFacts(number, process, _clock.At(stat.StartTicks)), status.NamespacePids);
    }

    /// <summary>Threads that carry one of the numbers in a pid namespace below ours, where they are known by another. False when some could not be examined.</summary>
    private bool AddNestedThreads(FileDescriptor root, ProcessTable processes, IReadOnlySet<int> claimed, List<(int, ThreadFacts)> found)
    {
        var isWhole = true;
        Span<byte> name = stackalloc byte[11];
        List<int> tasks = [];
        foreach (var process in processes.Processes.Values.Where(p => p.NamespacePids.Count > 1 && p.IsAlive))
        {
            if (!root.OpenSubdirectory(ProcFiles.Name(process.Pid, name)).TryGet(out var directory))
                continue;
            using (directory)
            {
                if (!directory.OpenSubdirectory("task"u8).TryGet(out var list, out var error))
                {
                    isWhole &= error is Errno.NotFound or Errno.NoSuchProcess;
                    continue;
                }
                using (list)
                {
                    error = _files.Numbers(list, tasks);
                    isWhole &= error is Errno.None or Errno.NotFound or Errno.NoSuchProcess;
                    foreach (var task in tasks.Where(t => t != process.Pid))
                    {
                        if (!list.OpenSubdirectory(ProcFiles.Name(task, name)).TryGet(out var thread))
                            continue;
                        using (thread)
                        {
                            if (ReadThread(root, thread, processes, task) is { } read)
                                found.AddRange(read.Numbers.Skip(1).Distinct().Where(claimed.Contains).Select(n => (n, read.Facts)));
                        }
                    }
                }
            }
        }
        return isWhole;
    }
}

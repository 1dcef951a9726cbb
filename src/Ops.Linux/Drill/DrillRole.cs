using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>The side of a drill that holds locks and waits for them: runs in a process of its own, which is this program once more. Does nothing but its steps, and then waits to be ended.</summary>
/// <param name="input">Where the drill gives orders: a line ends a pause.</param>
/// <param name="output">Where it reports: a line before each step that may wait, and one after every step.</param>
public sealed class DrillRole(TextReader input, TextWriter output)
{
    public const string Begun = "begun", Done = "done", Failed = "failed";

    // What mail programs give their mailboxes and locks.
    private const uint OwnerOnly = 0x180;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(200);

    // Closing one of them would release every lock of this process on that file.
    private readonly List<FileDescriptor> _open = [];

    /// <summary>Returns only when it could not begin or a step failed; otherwise the process is ended from outside.</summary>
    /// <param name="parent">The drill. The process ends with it.</param>
    /// <param name="name">How lists of processes show it.</param>
    /// <returns>False when it could not begin.</returns>
    public bool Run(int parent, string name, IReadOnlyList<DrillStep> steps)
    {
        // In this order: a drill that ended before the first call would never be noticed.
        if (OwnProcess.EndWithParent() != Errno.None || OwnProcess.ParentPid != parent)
            return false;
        OwnProcess.Rename(name);
        foreach (var step in steps)
        {
            Say(Begun);
            if (Take(step) is var error && error != Errno.None)
            {
                Say($"{Failed} {step.Verb} {FilePath.Escape(step.Path)}: {Words(error)}");
                return false;
            }
            Say(Done);
        }
        // A line is never sent after the last step: this ends with the pipe, and so with the drill, should the signal of its end ever be missed.
        input.ReadToEnd();
        return true;
    }

    private Errno Take(DrillStep step)
    {
        var (path, text) = (Filled(step.Path), Filled(step.Text));
        switch (step.Verb)
        {
            case DrillVerb.Create:
                return Create(path, text);
            case DrillVerb.Poll:
                Errno error;
                while ((error = Create(path, text)) == Errno.Exists)
                    OwnProcess.SleepOnTimer(BetweenTries);
                return error;
            case DrillVerb.Open:
                return Open(path, isRead: false);
            case DrillVerb.Read:
                return Open(path, isRead: true);
            case DrillVerb.Lock:
                return Open(path, isRead: false) is var unopened && unopened != Errno.None ? unopened : Locked();
            case DrillVerb.Append:
                return _open.Count == 0 ? Errno.BadDescriptor : _open[^1].Stat().TryGet(out var status, out var unknown) ? _open[^1].WriteAt(status.Size, Encoding.UTF8.GetBytes(text)) : unknown;
            case DrillVerb.Link:
                return In(path, (from, name) => In(text, (to, next) => FileDescriptor.Link(from, name, to, next)));
            default:
                return input.ReadLine() is null ? Errno.InputOutput : Errno.None;
        }
    }

    private Errno Locked()
    {
        Say(Begun);
        return _open[^1].WaitForPosixWriteLock();
    }

    private static Errno Create(string path, string text) => In(path, (directory, name) =>
    {
        if (!directory.CreateExclusive(name, OwnerOnly).TryGet(out var file, out var error))
            return error;
        using (file)
            return file.Write(Encoding.UTF8.GetBytes(text));
    });

    private Errno Open(string path, bool isRead) => In(path, (directory, name) =>
    {
        if (!(isRead ? directory.OpenForReading(name) : directory.OpenForLocking(name)).TryGet(out var file, out var error))
            return error;
        _open.Add(file);
        return Errno.None;
    });

    // The drill named the directory: links on the way to it are as it wants them.
    private static Errno In(string path, Func<FileDescriptor, byte[], Errno> act)
    {
        var full = FilePath.FromText(path);
        if (!FileDescriptor.OpenDirectoryFollowingLinks(full.Parent.Bytes).TryGet(out var directory, out var error))
            return error;
        using (directory)
            return act(directory, full.Name.ToArray());
    }

    private void Say(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    private static string Filled(string text) => text.Replace(DrillStep.Pid, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string Words(Errno error) => $"{Marshal.GetPInvokeErrorMessage((int)error)} ({error})";
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Ops.Testing;

/// <summary>A delivery agent: takes the dot lock of a mailbox, appends a numbered message, releases, and takes the next one, as fast as it can.</summary>
/// <remarks>
/// Every other one also takes a record lock on the mailbox, as most programs do; the rest rely on the dot lock alone, as GNU mailutils does. Every third compares
/// inodes before it releases. A file per mailbox, made with O_EXCL while the lock is held, is witness that no two hold it.
/// </remarks>
/// <param name="program">Null to take locks by its own system calls; else the program that takes and releases them: <c>dotlockfile</c> (liblockfile) or
/// <c>lockfile</c> (procmail).</param>
internal sealed class LockUser(string store, string witness, int id, LockProgram? program = null)
{
    // A name that is exchanged back is back within microseconds; a busy machine may stop the other process in between.
    private static readonly TimeSpan DisplacedAtMost = TimeSpan.FromSeconds(5);

    private readonly string[] _mailboxes = [.. Directory.GetFiles(store).Where(f => !Path.GetFileName(f).Contains('.', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    private readonly Random _random = new(id);
    private readonly byte[] _content = DotLock.ContentOf(id);
    private readonly List<string> _problems = [];
    private long _messages;
    private long _displaced;
    private long _busy;

    public TrafficReport Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var mailbox = _mailboxes[_random.Next(_mailboxes.Length)];
            if ((program is null ? DotLock.TryTake(mailbox, _content, attempts: 20, _random) : program.TryTake(mailbox)) is not { } held)
            {
                _busy++;
                continue;
            }

            Deliver(mailbox, held);
        }

        return new TrafficReport(id, _messages, _displaced, _busy, _problems);
    }

    private void Deliver(string mailbox, DotLock held)
    {
        var name = Path.GetFileName(mailbox);
        var isAlone = Kernel.CreateNew(Path.Join(witness, name), Encoding.ASCII.GetBytes(id.ToString(CultureInfo.InvariantCulture)), 0x180);
        if (!isAlone)
        {
            Problem($"{name}: user {id} has the lock, and so has user {Read(Path.Join(witness, name))}");
        }

        var descriptor = Kernel.OpenForWriting(mailbox);
        try
        {
            if (id % 2 == 0 || LockMailbox(descriptor, mailbox))
            {
                Append(descriptor, mailbox);
            }
        }
        finally
        {
            Kernel.Close(descriptor);
        }

        if (id % 3 == 0 && program is null)
        {
            CheckStillOurs(name, held);
        }

        if (isAlone)
        {
            Kernel.Unlink(Path.Join(witness, name));
        }

        if (!(program is null ? held.Release() : program.Release(held)))
        {
            Problem($"{name}: the lock of user {id} was gone when it was to be released");
        }
    }

    // Whoever breaks a lock holds the mailbox for a moment: a program that asks for both waits, as it would for any other.
    private bool LockMailbox(int descriptor, string mailbox)
    {
        var waiting = Stopwatch.StartNew();
        while (!Kernel.TryLock(descriptor, mailbox))
        {
            if (waiting.Elapsed > TimeSpan.FromSeconds(30))
            {
                Problem($"{Path.GetFileName(mailbox)}: user {id} has the dot lock, but for 30 s no kernel lock");
                return false;
            }

            Thread.Sleep(1);
        }

        return true;
    }

    // At the end as it was seen, in two pieces: with a second writer one of the two loses its message.
    private void Append(int descriptor, string mailbox)
    {
        var end = Kernel.LengthOf(descriptor);
        var text = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"From user{id}@example.org Thu Jan  1 00:00:00 1970\nMessage-ID: <{id}.{_messages + 1}@example.org>\n\nnumber {_messages + 1} of user {id}\n\n"));
        var half = text.Length / 2;
        Kernel.Write(descriptor, text.AsSpan(0, half), end, mailbox);
        Thread.SpinWait(_random.Next(0, 20_000));
        Kernel.Write(descriptor, text.AsSpan(half), end + half, mailbox);
        _messages++;
    }

    private void CheckStillOurs(string name, DotLock held)
    {
        if (held.IsStillThere() == true)
        {
            return;
        }

        var waiting = Stopwatch.StartNew();
        while (waiting.Elapsed < DisplacedAtMost)
        {
            switch (held.IsStillThere())
            {
                case true:
                    _displaced++;
                    return;
                case null:
                    Problem($"{name}: the lock of user {id} is gone while it holds it");
                    return;
                default:
                    Thread.Sleep(0);
                    break;
            }
        }

        Problem($"{name}: the lock of user {id} is another file while it holds it");
    }

    private void Problem(string text)
    {
        if (_problems.Count < TrafficReport.MostProblems)
        {
            _problems.Add(text);
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "?";
        }
    }
}

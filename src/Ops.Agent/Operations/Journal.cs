using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What was about to be done, and by which process: written and on disk before anything is touched.</summary>
/// <param name="StartTicks">With <paramref name="Pid"/> and <paramref name="BootId"/> the process at work: while it lives, an intent without outcome is not interrupted.</param>
/// <param name="Root">Store root that the act is below, in whose quarantine its traces are; null when it is below none, so that nothing is done.</param>
public sealed record JournalIntent(ExecuteRequest Request, int Pid, ulong StartTicks, Guid BootId, string? Root);

/// <summary>The journal cannot be written or no longer makes sense: nothing is done without it.</summary>
public sealed class JournalException : Exception
{
    public JournalException()
    {
    }

    public JournalException(string message)
        : base(message)
    {
    }

    public JournalException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>An operation was begun before and its outcome is not known yet: ask again under the same id.</summary>
public sealed class OutcomeUnknownException : Exception
{
    public OutcomeUnknownException()
    {
    }

    public OutcomeUnknownException(string message)
        : base(message)
    {
    }

    public OutcomeUnknownException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>
/// The agent's own audit: one JSON object a line, chained by hashes, intent before and outcome after each act, each on disk before the
/// call returns. Several processes of this host may share one (agent and command line): a lock file keeps them apart.
/// </summary>
/// <remarks>Cannot be rewritten unnoticed without also rewriting the head in <c>journal.head</c>, and the console keeps the head of each result.</remarks>
public sealed class Journal(string directory, string hostName, TimeProvider clock)
{
    /// <summary>Outcome of an entry that is an intent.</summary>
    public const string Intended = AuditOutcomes.JournalIntent;

    /// <summary>Outcome of an act whose process ended before it could say how it went.</summary>
    public const string Interrupted = "interrupted";

    private const string TornLine = "torn-line";
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, JournalIntent> _open = [];
    private readonly Dictionary<Guid, JournalIntent> _intents = [];
    private readonly Dictionary<Guid, OperationResult> _results = [];
    private readonly Queue<PastAct> _past = [];
    private AuditHead _head = AuditHead.Genesis;
    private long _readTo;

    public const string FileName = "journal.jsonl";

    public string JournalPath { get; } = Path.Join(directory, FileName);

    private string HeadPath => Path.Join(directory, "journal.head");

    private string NewHeadPath => HeadPath + ".new";

    /// <summary>The recorded result of an operation; null when there is none.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public OperationResult? FindResult(Guid operation) => Locked(() => _results.GetValueOrDefault(operation));

    /// <summary>What was asked for under this id; null when nothing was.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public JournalIntent? FindIntent(Guid operation) => Locked(() => _intents.GetValueOrDefault(operation));

    /// <summary>Intents without an outcome, of this process or others, oldest first.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public IReadOnlyList<JournalIntent> OpenIntents() => Locked(() => _open.Values.ToList());

    /// <summary>Everything that was asked for and is remembered.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public IReadOnlyList<JournalIntent> Intents() => Locked(() => _intents.Values.ToList());

    /// <summary>What was asked for lately and how it ended, oldest first: also by other processes of this host.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public IReadOnlyList<PastAct> Past() => Locked(() => _past.ToList());

    /// <summary>Writes down something that belongs to no act, or comes before one.</summary>
    /// <exception cref="JournalException">It could not be written.</exception>
    public void Note(string action, string outcome, ExecuteRequest request, string reason, string detail) => Locked(() =>
    {
        Append(new AuditDraft
        {
            Actor = request.Actor,
            Action = action,
            Host = hostName,
            Path = request.Path,
            Outcome = outcome,
            Reason = reason,
            Detail = detail,
        });
        return true;
    });

    /// <summary>Writes down what is about to be done. When this returns, it is on disk.</summary>
    /// <exception cref="JournalException">It could not be written: do nothing.</exception>
    public void Intend(JournalIntent intent) => Locked(() =>
    {
        if (_results.ContainsKey(intent.Request.OperationId) || _open.ContainsKey(intent.Request.OperationId))
            throw new JournalException($"operation {intent.Request.OperationId} is in the journal already");
        Append(Draft(intent.Request, Intended, JsonSerializer.Serialize(intent, JournalJson.Default.JournalIntent)));
        return true;
    });

    /// <summary>Writes down how it ended.</summary>
    /// <returns>The result with the head of the chain after it.</returns>
    /// <exception cref="JournalException">It could not be written: the act stands, but without a record.</exception>
    public OperationResult Conclude(ExecuteRequest request, OperationResult result) => Locked(() =>
    {
        Append(Draft(request, result.Outcome, JsonSerializer.Serialize(result, JournalJson.Default.OperationResult)));
        return _results[request.OperationId];
    });

    /// <summary>Checks every entry against its neighbours and the chain against the remembered head.</summary>
    public static AuditVerification Verify(string file)
    {
        var headFile = Path.ChangeExtension(file, ".head");
        var isThere = File.Exists(headFile);
        AuditHead? anchor = isThere && AuditHead.TryParse(File.ReadAllText(headFile), out var head) ? head : null;
        var found = AuditLines.Verify(File.ReadLines(file), anchor);
        return found is AuditVerification.Intact intact && isThere && anchor is null ? intact with { Remarks = [.. intact.Remarks, $"{headFile} does not hold a head."] } : found;
    }

    private AuditDraft Draft(ExecuteRequest request, string outcome, string detail) => new()
    {
        Actor = request.Actor,
        Action = request.Action,
        Host = hostName,
        Path = request.Path,
        Outcome = outcome,
        Reason = request.Reason,
        OperationId = request.OperationId,
        Detail = detail,
    };

    private T Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            try
            {
                using var held = TakeLock();
                Refresh();
                return work();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new JournalException($"the journal {JournalPath} cannot be used: {e.Message}", e);
            }
        }
    }

    private FileStream TakeLock()
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            DiskFlush.Directory(Path.GetDirectoryName(directory) ?? "/");
        }
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                // FileShare.None is flock(LOCK_EX | LOCK_NB), which the kernel drops with the process.
                return Open(Path.Join(directory, "journal.lock"), FileMode.OpenOrCreate, FileShare.None);
            }
            catch (IOException) when (patience.Elapsed < LockWait && Directory.Exists(directory))
            {
                Thread.Sleep(20);
            }
        }
    }

    /// <summary>Takes in what was added since the last look, by whomever.</summary>
    private void Refresh()
    {
        if (!File.Exists(JournalPath))
        {
            if (_readTo > 0)
                throw new JournalException($"the journal {JournalPath} has disappeared");
            if (RememberedHead() is { Sequence: > 0 } remembered)
                AppendMismatch(AnchorMismatch.Ahead, $"the head file had reached entry {remembered.Sequence}, but there is no journal");
            return;
        }

        var isFirst = _readTo == 0;
        using (var file = Open(JournalPath, FileMode.Open, FileShare.ReadWrite))
        {
            if (file.Length < _readTo)
                throw new JournalException($"the journal {JournalPath} became shorter: it was truncated");
            file.Position = _readTo;
            var added = new byte[file.Length - _readTo];
            file.ReadExactly(added);
            var complete = added.AsSpan().LastIndexOf((byte)'\n') + 1;
            foreach (var line in Encoding.UTF8.GetString(added, 0, complete).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                TakeIn(AuditLines.Parse(line, out var why) ?? throw new JournalException($"the journal {JournalPath} is damaged after entry {_head.Sequence}: {why}"));
            _readTo += complete;
            if (complete < added.Length)
                DropTornLine(file, added[complete..]);
        }
        if (isFirst && RememberedHead() is var head)
            CompareWithHead(head);
    }

    // A crash in the middle of a write: nothing was done on the strength of that line, because the write had not returned.
    private void DropTornLine(FileStream file, byte[] torn)
    {
        file.SetLength(_readTo);
        DiskFlush.File(file);
        Append(new AuditDraft
        {
            Actor = "ops",
            Action = TornLine,
            Host = hostName,
            Outcome = "dropped",
            Detail = JsonSerializer.Serialize(Convert.ToBase64String(torn), JournalJson.Default.String),
        });
    }

    private void CompareWithHead(AuditHead? remembered)
    {
        if (remembered is not { } head)
        {
            if (_head.Sequence > 0)
                AppendMismatch(File.Exists(HeadPath) ? AnchorMismatch.Unreadable : AnchorMismatch.Missing, $"the chain had reached entry {_head.Sequence}");
        }
        else if (head.Sequence > _head.Sequence)
        {
            AppendMismatch(AnchorMismatch.Ahead, $"the head file had reached entry {head.Sequence}, the journal ends at {_head.Sequence}");
        }
        else if (head.Sequence == _head.Sequence && head.Hash != _head.Hash)
        {
            AppendMismatch(AnchorMismatch.Rewritten, $"entry {head.Sequence} is not the one that the head file names");
        }
    }

    private void AppendMismatch(string outcome, string detail) => Append(new AuditDraft
    {
        Actor = "ops",
        Action = AuditActions.AnchorMismatch,
        Host = hostName,
        Outcome = outcome,
        Detail = JsonSerializer.Serialize(detail, JournalJson.Default.String),
    });

    private AuditHead? RememberedHead() =>
        File.Exists(HeadPath) && AuditHead.TryParse(File.ReadAllText(HeadPath), out var head) ? head : null;

    private void Append(AuditDraft draft)
    {
        var record = AuditChain.Next(_head, draft, clock.GetUtcNow());
        var line = Encoding.UTF8.GetBytes(AuditLines.Format(record) + "\n");
        try
        {
            AppendLine(line);
            ReplaceHead(new AuditHead(record.Sequence, record.Hash));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TakeBack();
            throw;
        }
        TakeIn(record);
        _readTo += line.Length;
    }

    private void AppendLine(byte[] line)
    {
        var isNew = !File.Exists(JournalPath);
        using var file = Open(JournalPath, FileMode.OpenOrCreate, FileShare.ReadWrite);
        if (isNew)
            DiskFlush.Directory(directory);
        file.Position = _readTo;
        file.Write(line);
        DiskFlush.File(file);
    }

    // The name is not flushed when it had a file before: after a power cut the older head may be back, and a head that lags is no alarm.
    private void ReplaceHead(AuditHead head)
    {
        var isNew = !File.Exists(HeadPath);
        using (var file = Open(NewHeadPath, FileMode.Create, FileShare.None))
        {
            file.Write(Encoding.UTF8.GetBytes(head + "\n"));
            DiskFlush.File(file);
        }
        File.Move(NewHeadPath, HeadPath, overwrite: true);
        if (!isNew)
            return;
        try
        {
            DiskFlush.Directory(directory);
        }
        catch (IOException)
        {
            File.Delete(HeadPath); // it must not name an entry that is taken back
            throw;
        }
    }

    // What was not flushed may still be read, by us and by others: it must not look like an entry.
    private void TakeBack()
    {
        try
        {
            File.Delete(NewHeadPath);
            if (!File.Exists(JournalPath))
                return;
            using var file = Open(JournalPath, FileMode.Open, FileShare.ReadWrite);
            if (file.Length > _readTo)
                file.SetLength(_readTo);
            DiskFlush.File(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The line stays: read later, it is an intent that no process works on, and recovery concludes it.
        }
    }

    private void TakeIn(AuditRecord record)
    {
        if (record.Sequence != _head.Sequence + 1 || record.PreviousHash != _head.Hash || AuditChain.Hash(record) != record.Hash)
            throw new JournalException(string.Create(CultureInfo.InvariantCulture, $"the journal {JournalPath} is broken at entry {record.Sequence}; see ops verify-audit"));
        _head = new AuditHead(record.Sequence, record.Hash);
        if (record.OperationId is not { } id || record.Detail is null)
            return;
        if (record.Outcome == Intended && JsonSerializer.Deserialize(record.Detail, JournalJson.Default.JournalIntent) is { } intent)
        {
            _open[id] = intent;
            _intents[id] = intent;
        }
        else if (record.Outcome != Intended && JsonSerializer.Deserialize(record.Detail, JournalJson.Default.OperationResult) is { } result)
        {
            _open.Remove(id);
            _results[id] = result with { JournalHead = record.Hash };
            _past.Enqueue(PastAct.Of(record.At, result.Outcome, result.Refusal?.Reason));
            while (_past.TryPeek(out var oldest) && (record.At - oldest.At > CircuitBreaker.Memory || _past.Count > 20_000))
                _past.Dequeue();
        }
    }

    private static FileStream Open(string path, FileMode mode, FileShare share) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = share,
        BufferSize = 0,
        UnixCreateMode = mode is FileMode.Open ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(JournalIntent))]
[JsonSerializable(typeof(OperationResult))]
[JsonSerializable(typeof(string))]
internal sealed partial class JournalJson : JsonSerializerContext;

using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Ops.Locks;

namespace Ops.Data;

/// <summary>The console's audit: adds entries to the hash chain, verifies and exports it. Singleton, safe for any number of callers.</summary>
public sealed class AuditLog(IDbContextFactory<OpsDb> contexts, HeadAnchor anchor, ConsoleRun run, TimeProvider clock) : IDisposable
{
    private const int Attempts = 8;

    // Within the process the semaphore spares the database the queue; between processes the transaction serialises.
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private (long At, string Message)? _failure;

    /// <summary>Adds one entry.</summary>
    /// <exception cref="AuditNotWrittenException">It could not be written; do nothing that needs it.</exception>
    public Task<AuditRecord> AppendAsync(AuditDraft draft, CancellationToken stop = default) => ChangeAsync((_, _) => Task.FromResult(draft), stop);

    /// <summary>Makes a change and adds its entry in one transaction: both are written, or neither.</summary>
    /// <param name="change">
    /// Works on the context it is given and returns the entry; saving is done for it. It runs alone (no other writer of audited changes until the
    /// transaction ends), again from the start when another process took the sequence number, and must not append by itself.
    /// What it throws comes out unchanged, with nothing written.
    /// </param>
    /// <exception cref="AuditNotWrittenException">Entry and change could not be written.</exception>
    public Task<AuditRecord> ChangeAsync(Func<OpsDb, CancellationToken, Task<AuditDraft>> change, CancellationToken stop = default) =>
        ChangeWithEntriesAsync(async (db, token) => [await change(db, token)], stop);

    /// <summary>The same for a change that has several entries: all are written, in this order, or nothing is. At least one.</summary>
    /// <returns>The last of them.</returns>
    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<AuditRecord> ChangeWithEntriesAsync(Func<OpsDb, CancellationToken, Task<IReadOnlyList<AuditDraft>>> change, CancellationToken stop = default)
    {
        var asked = Stopwatch.GetTimestamp();
        await _oneAtATime.WaitAsync(stop);
        try
        {
            // Those that came while a failing one waited for the database have waited as long: each of them in turn would wait for the sum.
            if (_failure is { } failure && failure.At >= asked)
                throw new AuditNotWrittenException(failure.Message);
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                if (await TryAppendAsync(change, stop) is { } written)
                    return written;
            }

            throw new AuditNotWrittenException($"The audit entry could not be written: another process took its place {Attempts} times.");
        }
        catch (AuditNotWrittenException e) when (_failure is null || _failure.Value.At < asked)
        {
            _failure = (Stopwatch.GetTimestamp(), e.Message);
            throw;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Walks the whole chain and compares its end with the anchor. Reads row by row; a log of any length takes little memory.</summary>
    public async Task<AuditVerification> VerifyAsync(CancellationToken stop = default)
    {
        // First the anchor: it never leads, so what it says must be in the rows read after it.
        var reading = anchor.Read();
        var check = new AuditChainCheck(reading is AnchorReading.Known known ? known.Head : null);
        try
        {
            await foreach (var record in ReadAllAsync(stop))
            {
                if (check.Add(record) is { } broken)
                    return broken;
            }
        }
        catch (Exception e) when (IsNoValue(e) || (e is InvalidOperationException { InnerException: { } inner } && IsNoValue(inner)))
        {
            // SQLite keeps any value in any column; we write none that cannot be read.
            return new AuditVerification.Broken(check.Expected, AuditBreak.Unreadable, $"a field holds what was never written there: {e.Message}");
        }

        return check.Finish() switch
        {
            AuditVerification.Intact intact when reading is AnchorReading.Unreadable unreadable =>
                intact with { Remarks = [.. intact.Remarks, $"{anchor.Path} can't be used: {unreadable.Why}."] },
            AuditVerification.Intact intact when reading is AnchorReading.Missing =>
                intact with { Remarks = [.. intact.Remarks, $"{anchor.Path} is missing."] },
            var other => other,
        };
    }

    /// <summary>Whether the end of the log is the one that the anchor names, without walking the log. Null when it is, else what is wrong, in words.</summary>
    /// <remarks>An anchor that is behind is no problem: that is what a crash leaves.</remarks>
    public async Task<string?> AnchorProblemAsync(CancellationToken stop = default)
    {
        var reading = anchor.Read();
        await using var db = await contexts.CreateDbContextAsync(stop);
        if (reading is not AnchorReading.Known { Head: var known })
            return reading is AnchorReading.Missing ? "the head anchor is missing" : "the head anchor cannot be used";
        if (known.Sequence == 0)
            return null;
        return await db.Audit.Where(e => e.Sequence == known.Sequence).Select(e => e.Hash).SingleOrDefaultAsync(stop) switch
        {
            null => "the log ends before the entry that the head anchor names",
            var hash when hash != known.Hash => "the entry that the head anchor names has been replaced",
            _ => null,
        };
    }

    /// <summary>Writes the log as JSON lines, oldest first, for <c>ops verify-audit FILE</c> and for keeping elsewhere. The first line names its last entry and the anchor, or why there is none.</summary>
    public async Task ExportAsync(TextWriter target, CancellationToken stop = default)
    {
        // First the anchor: it never leads. What is added while the export runs is not part of it.
        var reading = anchor.Read();
        AuditHead head;
        await using (var db = await contexts.CreateDbContextAsync(stop))
            head = await HeadOfAsync(db, stop);
        var header = new ExportHeader(clock.GetUtcNow(), head, reading is AnchorReading.Known known ? known.Head : null, reading switch
        {
            AnchorReading.Known => null,
            AnchorReading.Unreadable unreadable => $"{HeadAnchor.FileName} can't be used: {unreadable.Why}",
            _ => $"{HeadAnchor.FileName} is missing",
        });
        await target.WriteAsync((header.Format() + "\n").AsMemory(), stop);
        await foreach (var record in ReadAllAsync(stop))
        {
            if (record.Sequence > head.Sequence)
                break;
            await target.WriteAsync(AuditLines.Format(record).AsMemory(), stop);
            await target.WriteAsync("\n".AsMemory(), stop);
        }

        await target.FlushAsync(stop);
    }

    private static async Task<AuditHead> HeadOfAsync(OpsDb db, CancellationToken stop)
    {
        var head = await db.Audit.OrderByDescending(e => e.Sequence).Select(e => new AuditHead(e.Sequence, e.Hash)).FirstOrDefaultAsync(stop);
        return head == default ? AuditHead.Genesis : head;
    }

    /// <summary>Makes the anchor of a log that has no entries yet, so that its later absence means something.</summary>
    internal async Task PlantAnchorAsync(CancellationToken stop)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        if (anchor.Read() is AnchorReading.Missing)
        {
            if (!await db.Audit.AnyAsync(stop))
                anchor.Write(AuditHead.Genesis);
            else if (run.IsInFleet && anchor.IsOfNewDirectory)
                await JoinAsync(db, stop);
        }
        anchor.MarkDirectory();
        anchor.Tidy(clock.GetUtcNow());
    }

    // The log is longer than this console knows: the anchors of the others vouch for what was before. The entry shows that an anchor begins here.
    private async Task JoinAsync(OpsDb db, CancellationToken stop)
    {
        anchor.Write(await HeadOfAsync(db, stop));
        await AppendAsync(new()
        {
            Actor = "console",
            Action = AuditActions.ConsoleJoined,
            Outcome = "with a new data directory",
            Detail = new JsonObject { ["console"] = run.Name, ["machine"] = Environment.MachineName, ["directory"] = Path.GetDirectoryName(anchor.Path) }.ToJsonString(),
        }, stop);
    }

    public void Dispose() => _oneAtATime.Dispose();

    private async IAsyncEnumerable<AuditRecord> ReadAllAsync([EnumeratorCancellation] CancellationToken stop)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        await foreach (var entry in db.Audit.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(stop))
            yield return entry.ToRecord();
    }

    /// <summary>Null when another process wrote an entry with our number first.</summary>
    private async Task<AuditRecord?> TryAppendAsync(Func<OpsDb, CancellationToken, Task<IReadOnlyList<AuditDraft>>> change, CancellationToken stop)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        await using var transaction = await BeginAsync(db, stop);
        IReadOnlyList<AuditDraft> drafts;
        try
        {
            drafts = await change(db, stop);
            await db.SaveChangesAsync(stop);
        }
        catch (Exception e) when (DatabaseFailure.Is(e) && !(e is DbUpdateException update && update.IsUniqueViolation()))
        {
            throw NotWritten(db, e);
        }

        AuditRecord record;
        NextAnchor? next = null;
        try
        {
            record = await AddEntriesAsync(db, drafts, stop);
            next = anchor.Prepare(new(record.Sequence, record.Hash));
            // From here to the end nothing is cancelled: half an append would leave the anchor behind without need.
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return null;
        }
        catch (Exception e) when (DatabaseFailure.Is(e) || e is IOException or UnauthorizedAccessException)
        {
            next?.Dispose();
            throw NotWritten(db, e);
        }

        try
        {
            using (next)
                next.Publish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditNotWrittenException(
                string.Create(CultureInfo.InvariantCulture, $"Audit entry {record.Sequence} is in the database, but {anchor.Path} could not be written: {e.Message}"), e);
        }

        return record;
    }

    private static async Task<IDbContextTransaction> BeginAsync(OpsDb db, CancellationToken stop)
    {
        try
        {
            return await db.BeginAuditAsync(stop);
        }
        catch (Exception e) when (DatabaseFailure.Is(e) || e is IOException)
        {
            throw NotWritten(db, e);
        }
    }

    private async Task<AuditRecord> AddEntriesAsync(OpsDb db, IReadOnlyList<AuditDraft> drafts, CancellationToken stop)
    {
        var head = await HeadOfAsync(db, stop);
        AuditRecord? last = null;
        foreach (var draft in await MismatchAsync(db, head, stop) is { } mismatch ? [mismatch, .. drafts] : drafts)
        {
            last = AuditChain.Next(head, draft, clock.GetUtcNow());
            db.Add(AuditEntry.From(last));
            head = new(last.Sequence, last.Hash);
        }
        await db.SaveChangesAsync(stop);
        return last ?? throw new ArgumentException("A change needs an entry.", nameof(drafts));
    }

    // Before the anchor is moved on: were a loss not written down now, the new anchor would hide it permanently.
    private async Task<AuditDraft?> MismatchAsync(OpsDb db, AuditHead head, CancellationToken stop)
    {
        switch (anchor.Read())
        {
            case AnchorReading.Missing:
                return head == AuditHead.Genesis ? null : Mismatch(AnchorMismatch.Missing, anchor.Path);
            case AnchorReading.Unreadable unreadable:
                return Mismatch(AnchorMismatch.Unreadable, unreadable.Why);
            case AnchorReading.Known { Head: var known } when known.Sequence > head.Sequence:
                return Mismatch(AnchorMismatch.Ahead, string.Create(CultureInfo.InvariantCulture, $"the anchor had reached entry {known.Sequence}, the log entry {head.Sequence}"));
            case AnchorReading.Known { Head: var known } when known.Sequence > 0
                && await db.Audit.Where(e => e.Sequence == known.Sequence).Select(e => e.Hash).SingleOrDefaultAsync(stop) != known.Hash:
                return Mismatch(AnchorMismatch.Rewritten, string.Create(CultureInfo.InvariantCulture, $"entry {known.Sequence} is not the one that the anchor remembers"));
            default:
                return null;
        }
    }

    private static AuditDraft Mismatch(string outcome, string finding) => new()
    {
        Actor = "console",
        Action = AuditActions.AnchorMismatch,
        Outcome = outcome,
        Detail = new JsonObject { ["finding"] = finding }.ToJsonString(),
    };

    // What reading a row throws for a text that is no id, a number that is no time, and so on.
    private static bool IsNoValue(Exception e) => e is FormatException or OverflowException or InvalidCastException or ArgumentException;

    private static AuditNotWrittenException NotWritten(OpsDb db, Exception e)
    {
        DatabaseFailure.ForgetConnections(db);
        return new($"The audit entry could not be written: {DatabaseFailure.Cause(e)}", e);
    }
}

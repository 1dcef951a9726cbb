using System.Security.Cryptography;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>What the bytes of a message came to.</summary>
/// <param name="LineSize">With line ends of two bytes.</param>
internal readonly record struct MessageBytes(MessageGuid Digest, long LineSize, long Bytes);

/// <summary>Reads messages: within the budget, without moving their access time, and only the very file that was listed. Nothing of what it reads is kept.</summary>
internal sealed class MessageReader(ReadBudget budget, AuditTally tally)
{
    private const int PieceBytes = 256 * 1024;
    private readonly byte[] _piece = new byte[PieceBytes];

    /// <summary><see cref="Errno.TryAgain"/> when the file is another than was listed, or changed while it was read; <see cref="Errno.NotPermitted"/> when it could only be read by moving its access
    /// time (it belongs to another user, and we are not root).</summary>
    public Result<MessageBytes> Read(FileDescriptor directory, ReadOnlySpan<byte> name, StoredFile listed, bool countLines)
    {
        if (!Opened(directory, name, listed).TryGet(out var file, out var error))
            return error;
        using (file)
        {
            if (!file.Stat().TryGet(out var before, out error))
                return error;
            if (!Digest(file, countLines).TryGet(out var bytes, out error))
                return error;
            return file.Stat().TryGet(out var after, out error) ? SteadyFile.Same(before, after) && bytes.Bytes == before.Size ? bytes : Errno.TryAgain : error;
        }
    }

    /// <summary>A part of a file, fewer bytes only at its end.</summary>
    public Result<byte[]> Part(FileDescriptor directory, ReadOnlySpan<byte> name, StoredFile listed, long offset, int bytes)
    {
        if (!Opened(directory, name, listed).TryGet(out var file, out var error))
            return error;
        using (file)
        {
            if (!file.ReadAt(offset, bytes).TryGet(out var part, out error))
                return error;
            budget.Spend(part.Length, 0);
            return part;
        }
    }

    /// <summary>The bytes of a part of a file, with line ends of two bytes. <see cref="Errno.TryAgain"/> as for a whole one.</summary>
    public Result<long> CountLines(FileDescriptor directory, ReadOnlySpan<byte> name, StoredFile listed, long offset, long bytes)
    {
        if (!Opened(directory, name, listed).TryGet(out var file, out var error))
            return error;
        using (file)
        {
            if (!file.Stat().TryGet(out var before, out error))
                return error;
            var lines = new LineSizeCount();
            for (var end = offset + bytes; offset < end;)
            {
                if (!file.ReadAt(offset, (int)Math.Min(PieceBytes, end - offset)).TryGet(out var piece, out error))
                    return error;
                if (piece.Length == 0)
                    return Errno.TryAgain;
                lines.Add(piece);
                offset += piece.Length;
                tally.Count(c => c with { ReadBytes = c.ReadBytes + piece.Length });
                budget.Spend(piece.Length, 0);
            }
            return file.Stat().TryGet(out var after, out error) ? SteadyFile.Same(before, after) ? lines.Bytes : Errno.TryAgain : error;
        }
    }

    /// <summary>Gives a whole file to a scan, piece by piece; returns its size. <see cref="Errno.TryAgain"/> when the file, or what its name means, changed while it was read.</summary>
    public Result<long> Scan(FileDescriptor directory, ReadOnlySpan<byte> name, StoredFile listed, SpoolScan scan)
    {
        if (!Opened(directory, name, listed).TryGet(out var file, out var error))
            return error;
        using (file)
        {
            if (!file.Stat().TryGet(out var before, out error))
                return error;
            var total = 0L;
            // Not beyond the size of the beginning: a file that grows as fast as it is read would have no end.
            while (total <= before.Size)
            {
                if (!file.Read(_piece).TryGet(out var got, out error))
                    return error;
                if (got == 0)
                    break;
                scan.Add(_piece.AsSpan(0, got));
                total += got;
                tally.Count(c => c with { ReadBytes = c.ReadBytes + got });
                budget.Spend(got, 0);
            }
            if (!file.Stat().TryGet(out var after, out error))
                return error;
            return directory.Stat(name).TryGet(out var named) && SteadyFile.Same(before, after) && SteadyFile.Same(before, named) && total == before.Size
                && before.Size == listed.Size && before.ChangedAt == listed.Changed && before.ModifiedAt == listed.Modified ? total : Errno.TryAgain;
        }
    }

    private Result<FileDescriptor> Opened(FileDescriptor directory, ReadOnlySpan<byte> name, StoredFile listed)
    {
        budget.Spend(0, 1);
        if (!directory.OpenForReading(name).TryGet(out var file, out var error))
            return error;
        if (file.Stat().TryGet(out var status, out error) && status.Identity == listed.Identity && status.Kind == FileKind.Regular)
            return file;
        file.Dispose();
        return error == Errno.None ? Errno.TryAgain : error;
    }

    /// <summary>The first bytes of a file.</summary>
    public Result<byte[]> Head(FileDescriptor directory, ReadOnlySpan<byte> name, int bytes)
    {
        budget.Spend(bytes, 1);
        if (!directory.OpenForReading(name).TryGet(out var file, out var error))
            return error;
        using (file)
            return file.ReadUpTo(bytes);
    }

    private Result<MessageBytes> Digest(FileDescriptor file, bool countLines)
    {
        // Cyrus names messages by it; nothing is kept secret or signed with it.
#pragma warning disable CA5350
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        var lines = countLines ? new LineSizeCount() : null;
        var total = 0L;
        while (true)
        {
            if (!file.Read(_piece).TryGet(out var got, out var error))
                return error;
            if (got == 0)
                break;
            var piece = _piece.AsSpan(0, got);
            hash.AppendData(piece);
            lines?.Add(piece);
            total += got;
            tally.Count(c => c with { ReadBytes = c.ReadBytes + got });
            budget.Spend(got, 0);
        }
        Span<byte> digest = stackalloc byte[MessageGuid.Bytes];
        hash.GetHashAndReset(digest);
        return new MessageBytes(MessageGuid.From(digest), lines?.Bytes ?? 0, total);
    }
}

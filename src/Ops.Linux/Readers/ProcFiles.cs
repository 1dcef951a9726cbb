using System.Buffers.Text;
using System.Text;

namespace Ops.Linux;

/// <summary>Reads files below the root of proc into one buffer that is used again and again. Not for several threads at once.</summary>
internal sealed class ProcFiles(ReaderOptions options)
{
    private const int LimitBytes = 256 * 1024 * 1024;

    private readonly byte[] _root = Encoding.UTF8.GetBytes(options.ProcRoot);
    private byte[] _content = new byte[64 * 1024];
    private readonly byte[] _entries = new byte[64 * 1024];

    public ReadOnlySpan<byte> Root => _root;

    public ReaderOptions Options => options;

    public Result<FileDescriptor> OpenRoot() => FileDescriptor.OpenDirectoryFollowingLinks(_root);

    /// <summary>Reads a file by its path below the root. The bytes are good until the next call.</summary>
    public Errno Read(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> content)
    {
        content = default;
        var opened = FileDescriptor.OpenForReadingFollowingLinks([.. _root, (byte)'/', .. path]);
        if (!opened.TryGet(out var file, out var error))
            return error;
        using (file)
            return Drain(file, out content);
    }

    /// <summary>Reads with one call a file that the kernel makes up as a whole, as it does with <c>stat</c>, <c>status</c> and <c>fdinfo</c>. At most
    /// 64 KiB; what is longer ends without a line feed. The bytes are good until the next call.</summary>
    public Errno ReadWhole(FileDescriptor directory, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (!directory.ReadProcFile(name, _content).TryGet(out var got, out var error))
            return error;
        content = _content.AsSpan(0, got);
        return Errno.None;
    }

    /// <summary>Reads the file <paramref name="name"/> in <paramref name="directory"/>. The bytes are good until the next call.</summary>
    public Errno Read(FileDescriptor directory, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (!directory.OpenProcFile(name).TryGet(out var file, out var error))
            return error;
        using (file)
            return Drain(file, out content);
    }

    /// <summary>The entries of a directory that are numbers: processes, threads, descriptors.</summary>
    public Errno Numbers(FileDescriptor directory, List<int> numbers)
    {
        numbers.Clear();
        while (true)
        {
            if (!directory.ReadDirectory(_entries).TryGet(out var filled, out var error))
                return error;
            if (filled == 0)
                return Errno.None;
            var entries = new DirectoryEntries(_entries.AsSpan(0, filled));
            while (entries.MoveNext())
            {
                if (Utf8Parser.TryParse(entries.Name, out int number, out var used) && used == entries.Name.Length && number >= 0)
                    numbers.Add(number);
            }
        }
    }

    /// <summary>The number as a name; <paramref name="buffer"/> needs 11 bytes.</summary>
    public static ReadOnlySpan<byte> Name(int number, Span<byte> buffer)
    {
        Utf8Formatter.TryFormat(number, buffer, out var length);
        return buffer[..length];
    }

    private Errno Drain(FileDescriptor file, out ReadOnlySpan<byte> content)
    {
        content = default;
        var filled = 0;
        while (true)
        {
            if (filled == _content.Length)
            {
                if (filled >= LimitBytes)
                    return Errno.TooBig;
                Array.Resize(ref _content, _content.Length * 2);
            }
            if (!file.Read(_content.AsSpan(filled)).TryGet(out var got, out var error))
                return error;
            if (got == 0)
            {
                content = _content.AsSpan(0, filled);
                return Errno.None;
            }
            filled += got;
        }
    }
}

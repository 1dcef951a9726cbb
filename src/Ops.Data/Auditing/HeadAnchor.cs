using System.Text;
using Ops.Locks;

namespace Ops.Data;

/// <summary>
/// The head of the audit chain in a second place: the file <c>audit.head</c> in the data directory. A chain alone can't show that its
/// last entries were cut off; the anchor can. It is written after the entry is committed, so it may lag behind by a crash, never lead.
/// </summary>
public sealed class HeadAnchor(string dataDirectory)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "audit.head";

    /// <summary>Name of the file that stays when the anchor is removed.</summary>
    public const string MarkName = FileName + ".known";

    private const string NewEnding = ".new";

    // Stays when an anchor is removed: then its absence is no beginning.
    private readonly string _mark = System.IO.Path.Combine(dataDirectory, MarkName);

    /// <summary>Absolute.</summary>
    public string Path { get; } = System.IO.Path.Combine(dataDirectory, FileName);

    /// <summary>True until <see cref="MarkDirectory"/>: no console has kept an anchor in this directory yet.</summary>
    internal bool IsOfNewDirectory => !File.Exists(_mark);

    internal void MarkDirectory()
    {
        if (IsOfNewDirectory)
            new FileStream(_mark, DataDirectory.PrivateFile(FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite)).Dispose();
    }

    /// <summary>What the file says now.</summary>
    public AnchorReading Read()
    {
        try
        {
            return AuditHead.TryParse(File.ReadAllText(Path), out var head) ? new AnchorReading.Known(head) : new AnchorReading.Unreadable("it does not hold a head");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new AnchorReading.Missing();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new AnchorReading.Unreadable(e.Message);
        }
    }

    internal void Write(AuditHead head)
    {
        using var next = Prepare(head);
        next.Publish();
    }

    /// <summary>Writes the next anchor to the disk under a name of its own, so that all that is left to do after the commit is to give it its name: a full disk shows before.</summary>
    internal NextAnchor Prepare(AuditHead head)
    {
        // A name of its own for each write: two processes must not share one, and in two containers both may be pid 1.
        var temporary = $"{Path}.{System.IO.Path.GetRandomFileName()}{NewEnding}";
        var next = new NextAnchor(temporary, Path);
        try
        {
            // O_SYNC: the write itself reports what the disk answers. Flush(true) would ignore it.
            var options = DataDirectory.PrivateFile(FileMode.Create, FileAccess.Write, FileShare.None);
            (options.Options, options.BufferSize) = (FileOptions.WriteThrough, 0);
            using var file = new FileStream(temporary, options);
            file.Write(Encoding.ASCII.GetBytes(head + "\n"));
            return next;
        }
        catch (IOException) // a full disk, most likely: each attempt would leave another file behind
        {
            next.Dispose();
            throw;
        }
    }

    /// <summary>Removes what consoles left that were killed between the two steps. Another console of this data directory may be between them now, so only old ones.</summary>
    internal void Tidy(DateTimeOffset now)
    {
        foreach (var left in Directory.EnumerateFiles(System.IO.Path.GetDirectoryName(Path)!, FileName + ".*" + NewEnding))
        {
            if (now - File.GetLastWriteTimeUtc(left) > TimeSpan.FromHours(1))
                DeleteIfPossible(left);
        }
    }

    /// <summary>A disk that takes nothing, or a file that may not be removed: it is only in the way, and the next start tries again.</summary>
    internal static void DeleteIfPossible(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Left for the next start.
        }
    }
}

/// <summary>An anchor that is on the disk and has not got its name yet. Disposed before that, it is removed.</summary>
internal sealed class NextAnchor(string temporary, string path) : IDisposable
{
    private bool _isPublished;

    public void Publish()
    {
        // The directory is not synced: after a power cut the older anchor may be back, and an anchor that lags is no alarm.
        File.Move(temporary, path, overwrite: true);
        _isPublished = true;
    }

    public void Dispose()
    {
        if (!_isPublished)
            HeadAnchor.DeleteIfPossible(temporary);
    }
}

/// <summary>What an anchor file says: three answers, not two.</summary>
public abstract record AnchorReading
{
    private AnchorReading() { }

    public sealed record Known(AuditHead Head) : AnchorReading;

    public sealed record Missing : AnchorReading;

    public sealed record Unreadable(string Why) : AnchorReading;
}

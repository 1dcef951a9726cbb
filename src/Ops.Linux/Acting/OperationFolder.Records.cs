using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ops.Linux;

/// <content>The records in the folder: what is to be done, what was made, and how far it came.</content>
internal sealed partial class OperationFolder
{
    private const string DisplacedPrefix = "displaced-";
    private const int ManifestLimitBytes = 1024 * 1024;

    private static ReadOnlySpan<byte> ManifestName => "manifest.json"u8;

    private static ReadOnlySpan<byte> OwnName => "own.json"u8;

    private static ReadOnlySpan<byte> UndoneName => "undone.json"u8;

    private static ReadOnlySpan<byte> DoneName => "done.json"u8;

    private static ReadOnlySpan<byte> MadeName => "made.json"u8;

    /// <summary>Flushed when this returns <see cref="Errno.None"/>.</summary>
    public Errno WriteManifest(Manifest manifest)
    {
        var error = Write(ManifestName, manifest, ManifestJson.Default.Manifest);
        return error != Errno.None ? error : _quarantine.Fsync();
    }

    /// <summary>Null when there is none, or it is not whole: then no name had been touched when it was written. "Could not read" is an error,
    /// never an absence.</summary>
    public Errno ReadManifest(out Manifest? manifest) => Read(ManifestName, ManifestJson.Default.Manifest, out manifest);

    /// <summary>Records our own lock file, flushed, before it is exchanged. As long as this record is there, a takeover is unfinished.</summary>
    public Errno WriteOwn(FileStatus own) => Write(OwnName, FileStamp.Of(own), ManifestJson.Default.FileStamp);

    /// <summary>Null when there is none, or it is not whole: then no exchange was done yet.</summary>
    public Errno ReadOwn(out FileStamp? own) => Read(OwnName, ManifestJson.Default.FileStamp, out own);

    /// <summary>Whether that record is there, whole or not. When in doubt, it is.</summary>
    public bool HasOwn() => Folder.Stat(OwnName).Error != Errno.NotFound;

    public Errno RemoveOwn() => Gone(Folder.Unlink(OwnName));

    /// <summary>Records what is about to get its name back. Not flushed: it matters to lock owners that live on after a crash of ours, and none
    /// lives on after a crash of the machine. A failure is nothing to wait for.</summary>
    public void WriteDisplaced(FileStatus file) =>
        _ = Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{DisplacedPrefix}{DisplacedNames().Count + 1}")), FileStamp.Of(file), ManifestJson.Default.FileStamp, flush: false);

    /// <summary>In the order in which they were written.</summary>
    public IReadOnlyList<FileStamp> ReadDisplaced()
    {
        var stamps = new List<FileStamp>();
        foreach (var name in DisplacedNames().OrderBy(n => n.Length).ThenBy(n => n, StringComparer.Ordinal))
        {
            if (Read(Encoding.ASCII.GetBytes(name), ManifestJson.Default.FileStamp, out var stamp) == Errno.None && stamp is not null)
                stamps.Add(stamp);
        }
        return stamps;
    }

    /// <summary>Marks an act that came to its end: the file that was judged was seen in quarantine, and of a break our own lock is released. Flushed.</summary>
    public Errno WriteDone(DoneMark mark) => Write(DoneName, mark, ManifestJson.Default.DoneMark);

    /// <summary>Whether that mark is there.</summary>
    /// <param name="inDoubt">The answer when it cannot be determined: the one after which nothing is done.</param>
    public bool HasDone(bool inDoubt) => Folder.Stat(DoneName).Error switch
    {
        Errno.None => true,
        Errno.NotFound => false,
        _ => inDoubt,
    };

    /// <summary>Whether the folder for the taken file was made on a file system below the root. Without it nothing was moved; with it, and without the folder, nothing is known.</summary>
    public bool HasMade() => Folder.Stat(MadeName).Error != Errno.NotFound;

    public Errno WriteUndone(UndoMark mark) => Write(UndoneName, mark, ManifestJson.Default.UndoMark);

    public Errno ReadUndone(out UndoMark? mark) => Read(UndoneName, ManifestJson.Default.UndoMark, out mark);

    private List<string> DisplacedNames()
    {
        // A listing moves the position of the descriptor, so through one of its own.
        if (!Folder.OpenDirectoryBelow(default).TryGet(out var listing))
            return [];
        using (listing)
        {
            return QuarantineFolder.NamesIn(listing).TryGet(out var names)
                ? [.. names.Select(n => Encoding.ASCII.GetString(n.Name)).Where(n => n.StartsWith(DisplacedPrefix, StringComparison.Ordinal))]
                : [];
        }
    }

    private Errno Write<T>(ReadOnlySpan<byte> name, T value, JsonTypeInfo<T> type, bool flush = true)
    {
        if (!Folder.CreateExclusive(name, OwnerReadWrite).TryGet(out var file, out var error))
            return error;
        using (file)
        {
            error = file.Write(JsonSerializer.SerializeToUtf8Bytes(value, type));
            error = error == Errno.None && flush ? file.Fsync() : error;
        }
        return error == Errno.None && flush ? Folder.Fsync() : error;
    }

    private Errno Read<T>(ReadOnlySpan<byte> name, JsonTypeInfo<T> type, out T? value)
        where T : class
    {
        value = null;
        if (!Folder.OpenForReading(name).TryGet(out var file, out var error))
            return Gone(error);
        using (file)
        {
            if (!file.ReadUpTo(ManifestLimitBytes).TryGet(out var bytes, out error))
                return error;
            try
            {
                value = JsonSerializer.Deserialize(bytes, type);
            }
            catch (JsonException)
            {
                // Cut off by a crash while it was written.
            }
            return Errno.None;
        }
    }
}

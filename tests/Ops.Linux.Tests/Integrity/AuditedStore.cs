using System.Text;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>A store with Cyrus mailboxes that an index was written for, byte by byte.</summary>
internal sealed class AuditedStore : IDisposable
{
    private static readonly DateTimeOffset Arrived = DateTimeOffset.UtcNow.AddDays(-3);
    private readonly Scratch _scratch = new();

    public string Path => _scratch.Path;

    public static ReadChoice Nothing { get; } = new(Full: false, Share: 0, Seed: 1);

    public void Dispose() => _scratch.Dispose();

    public string File(string name) => _scratch.File(name);

    public string Write(string name, string text) => _scratch.Write(name, text);

    /// <summary>A mailbox with these messages, all of them as its index says.</summary>
    public void Mailbox(string name, params (uint Uid, string Text)[] messages)
    {
        var index = new CyrusIndexBytes(17) { LastUid = messages.Length == 0 ? 0 : messages.Max(m => m.Uid) };
        foreach (var (uid, text) in messages)
        {
            Message(name, uid, text);
            Add(index, uid, text);
        }
        Index(name, index);
    }

    public static CyrusIndexBytes Add(CyrusIndexBytes index, uint uid, string text, uint flags = 0) =>
        // Updated later than the inode changed: nothing but the lot makes an audit read it.
        index.Add(uid, (ulong)text.Length, CyrusIndexBytes.Sha1(Encoding.ASCII.GetBytes(text)), flags, (uint)DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds(), (uint)Arrived.ToUnixTimeSeconds());

    public void Index(string name, CyrusIndexBytes index, string file = "cyrus.index")
    {
        Directory.CreateDirectory(File(name));
        System.IO.File.WriteAllBytes(File($"{name}/{file}"), index.ToArray());
    }

    public string Message(string name, uint uid, string text)
    {
        var path = _scratch.Write($"{name}/{uid}.", text);
        System.IO.File.SetLastWriteTimeUtc(path, DateTimeOffset.FromUnixTimeSeconds(Arrived.ToUnixTimeSeconds()).UtcDateTime);
        return path;
    }

    /// <summary>Other bytes in the same inode, and the modification time as it was.</summary>
    public void Overwrite(string file, string text)
    {
        var modified = System.IO.File.GetLastWriteTimeUtc(File(file));
        using (var stream = new FileStream(File(file), FileMode.Open, FileAccess.Write))
        {
            stream.SetLength(0);
            stream.Write(Encoding.ASCII.GetBytes(text));
        }
        System.IO.File.SetLastWriteTimeUtc(File(file), modified);
    }

    public void Link(string from, string to)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(to))!);
        Assert.Equal(0, Mono.Unix.Native.Syscall.link(File(from), File(to)));
    }

    public StoreReport Audit(ReadChoice? choice = null, TimeProvider? clock = null) =>
        new StoreAudit(new AuditOptions(choice ?? Nothing, null, null) { SecondLookAfter = TimeSpan.FromMilliseconds(100) }, clock ?? TimeProvider.System).Run([FilePath.FromText(Path)]);

    public IReadOnlyList<string> Damages(ReadChoice? choice = null) =>
        [.. Audit(choice).Damages.Select(d => $"{DamageWords.Of(d.Suspect.Kind)} {d.Path.Text[(Path.Length + 1)..]}").Order(StringComparer.Ordinal)];
}

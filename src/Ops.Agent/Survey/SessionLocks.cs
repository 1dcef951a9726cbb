using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Session locks of mailboxes (UW IMAP, MBX). They are in <c>/tmp</c>, wherever the mailbox is, and name it by device and inode.</summary>
internal sealed class SessionLocks(WatchedStores stores, ProcReader processes)
{
    private static readonly FilePath Directory = FilePath.FromText("/tmp");

    /// <summary>Names of session locks by mailbox; empty where a root covers <c>/tmp</c>, because the scan finds them there.</summary>
    public Dictionary<FileIdentity, List<FilePath>> OutsideRoots()
    {
        if (stores.IsSilent(Directory) || stores.Cover(Directory.Join(".0.0")))
            return [];
        try
        {
            return System.IO.Directory.EnumerateFileSystemEntries(Directory.Text).Select(FilePath.FromText).Where(path => path.Name is [(byte)'.', ..])
                .Select(path => (Path: path, Mailbox: NamedFile.MailboxOfMbxLock(path))).Where(x => x.Mailbox is not null)
                .GroupBy(x => x.Mailbox!.Value, x => x.Path).ToDictionary(g => g.Key, g => g.ToList());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Names of locked session locks whose mailbox was found below a root, or is open in some process below one.</summary>
    public HashSet<FilePath> OfStores(HostFacts host, IReadOnlyDictionary<FileIdentity, FilePath> found)
    {
        var mailboxes = MailboxesOf(host.Locks);
        if (mailboxes.Count == 0)
            return [];
        var open = processes.ReadOpenFiles(host.Processes, mailboxes.Select(x => x.Mailbox).ToHashSet());
        return [.. mailboxes.Where(x => found.ContainsKey(x.Mailbox) || open.Of(x.Mailbox).Any(o => o.Path is { } path && stores.IsBelowRoots(path))).Select(x => x.Path)];
    }

    /// <summary>The locked session locks and the mailboxes that their names give.</summary>
    public static IReadOnlyList<(FilePath Path, FileIdentity Mailbox)> MailboxesOf(LockTable locks) =>
    [
        .. locks.Entries.Select(e => e.Path).OfType<FilePath>().Distinct()
            .Select(path => (Path: path, Mailbox: NamedFile.MailboxOfMbxLock(path))).Where(x => x.Mailbox is not null).Select(x => (x.Path, x.Mailbox!.Value)),
    ];
}

using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>Facts and findings that tests vary with <c>with</c>.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    public static readonly Guid Boot = Guid.Parse("11111111-2222-3333-4444-555555555555");

    public static ProcessFacts Process(int pid, string command = "imapd", char state = 'S') => new(
        new ProcessIdentity(Boot, pid, (ulong)pid * 100), 1, command, [command, "-s"], "/usr/sbin/" + command, 8, "mail", "cyrus.service", state, 1, [pid],
        Now - TimeSpan.FromMinutes(12), false);

    public static FileFacts File(string path, ulong inode = 12, TimeSpan? age = null, TimeSpan? modified = null) => new(
        FilePath.FromText(path), FileKind.Regular, new FileIdentity(0xfe, 0, inode), Modes.O600, 8, 8, 1, 9,
        FileTime.From(Now), FileTime.From(Now - (modified ?? age ?? TimeSpan.FromHours(1))), FileTime.From(Now - (age ?? TimeSpan.FromHours(1))), null, 30,
        FileContent.Of("4242:mail1"u8));

    public static ArtefactFacts Artefact(FileFacts file, FileFacts? subject = null) =>
        new(file, new DirectoryFacts(file.Path.Parent, new FileIdentity(0xfe, 0, 2), Modes.O755, 0, 0), null, [], [], subject, []);

    public static Verdict Verdict(VerdictWord word, ArtefactKind kind = ArtefactKind.DotLock, Owner? owner = null, params OperatorAction[] actions) => new(
        word, kind, "Because.", "dovecot", ["dovecot", "mailutils"], owner ?? Owner.Unknown,
        [new Evidence(Questions.OwnerRunning, Answer.No, "/proc", "pid 4242 does not exist", Now)], actions);

    public static LockEntry Lock(
        string path, ProcessFacts? holder, bool waits = false, LockClass kind = LockClass.Posix, LockMode mode = LockMode.Write, ulong inode = 7, int? descriptor = 5) =>
        new(new KernelLock(1, waits ? 1 : 0, kind, "ADVISORY", mode, kind == LockClass.Ofd ? -1 : holder?.Pid ?? 0, new FileIdentity(0xfe, 0, inode), 0, null),
            holder is null ? [] : [new LockParty(holder, descriptor)], FilePath.FromText(path), PathState.Current, new FileIdentity(0xfe, 0, inode), []);

    public static Finding Finding(string key, string verdict = "held", string path = "/var/mail/alice.lock") => new()
    {
        Key = key,
        Host = "mail1",
        Path = path,
        Kind = "dot-lock",
        System = "exim",
        Verdict = verdict,
        Summary = "Because.",
        Evidence = [new FindingEvidence("owner-running", "yes", "/proc", "pid 7, seen 3 s ago", Now)],
        AgeSeconds = 3,
    };

    public static HostFacts Host(params LockEntry[] locks) => new(
        "mail1", [], Boot, Now - TimeSpan.FromDays(3), Now, 4194304, ProcessTable.Empty, new LockTable(locks, []), OpenFileIndex.Empty, [], null, true);
}

namespace Ops.Locks;

/// <summary>
/// Which session may be named behind a process. A user whose session is over must not be blamed: what is not proven to be of this very run of the process, and of now, names no one. Pure.
/// </summary>
public static class SessionRule
{
    private const uint OthersMayWrite = 0b000_010_010;

    /// <summary>Cyrus writes the file as soon as it has made it.</summary>
    private static readonly TimeSpan WrittenAtOnce = TimeSpan.FromMilliseconds(100);

    // A delivery (lmtp) serves one user after another.
    private static readonly string[] OfDovecot = ["imap", "pop3", "managesieve", "submission"];

    // Those that say whom they serve at each connection. A delivery (lmtpd) does not in all versions, so a file of its pid may be of a process before it.
    private static readonly string[] OfCyrus = ["imapd", "pop3d", "nntpd", "httpd", "sync_server"];

    /// <summary>By its executable, which unlike its name and title it cannot choose.</summary>
    public static bool MayBeDovecot(string? executable) => executable?.Contains("/dovecot/", StringComparison.Ordinal) == true && OfDovecot.Contains(NameOf(executable));

    /// <inheritdoc cref="MayBeDovecot"/>
    public static bool MayBeCyrus(string? executable) => executable is not null && OfCyrus.Contains(NameOf(executable));

    /// <summary>Whether Dovecot's own first process, which root has started, has started it: any user may run the program of a session by hand, under any title.</summary>
    public static bool IsDovecot(ProcessFacts process, ProcessFacts? parent) =>
        process.IsAlive && MayBeDovecot(process.Executable) && parent is { Executable: { } master, EffectiveUid: 0 } && parent.Pid == process.ParentPid && NameOf(master) == "dovecot";

    /// <summary>What a file of Cyrus's <c>proc</c> directory says of this run of the process.</summary>
    /// <param name="directory">The directory that the file is in.</param>
    /// <param name="file">Named by the pid, with its content.</param>
    /// <param name="seenAt">When the locks of the process were looked at. A session that said something later may have begun later.</param>
    public static MailSession? SessionOfCyrus(ProcessFacts process, FileFacts directory, FileFacts file, DateTimeOffset seenAt, string source) =>
        process.IsAlive && MayBeCyrus(process.Executable)
        && directory is { Kind: FileKind.Directory } && (directory.Mode & OthersMayWrite) == 0 && (directory.Uid == 0 || directory.Uid == process.EffectiveUid)
        && file is { Kind: FileKind.Regular, Content.Bytes: { } text } && file.Uid == process.EffectiveUid && IsAsWritten(file)
        && file.ModifiedAt.ToDateTimeOffset() >= process.StartedAt && file.ModifiedAt.ToDateTimeOffset() <= seenAt
            ? CyrusProcFile.Parse(text, source) : null;

    // Cyrus leaves it writable for all users, by its setting of the umask: then only what was written as it was made is its own.
    private static bool IsAsWritten(FileFacts file) => (file.Mode & OthersMayWrite) == 0
        || file.BornAt is { } born && file.ModifiedAt >= born && file.ModifiedAt.ToDateTimeOffset() - born.ToDateTimeOffset() <= WrittenAtOnce;

    // An update of the package leaves sessions whose program has no name any more.
    private static string NameOf(string executable) => executable[(executable.LastIndexOf('/') + 1)..].Replace(" (deleted)", "", StringComparison.Ordinal);
}

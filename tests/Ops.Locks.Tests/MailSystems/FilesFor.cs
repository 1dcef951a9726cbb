namespace Ops.Locks.Tests.MailSystems;

/// <summary>Files as literals: only what looks depend on is chosen.</summary>
internal static class FilesFor
{
    public static FileFacts Regular(FilePath path, byte[] content, uint mode) => With(path, FileKind.Regular, content.Length, mode, new FileContent(content, null));

    public static FileFacts Of(FilePath path, FileKind kind) => With(path, kind, kind == FileKind.Regular ? 1 : 0, Look.Octal(600), FileContent.NotRead("no regular file"));

    public static FileFacts With(FilePath path, FileKind kind, long size, uint mode, FileContent content) =>
        new(path, kind, new FileIdentity(8, 1, 42), mode, 1000, 1000, 1, size, new FileTime(1795246000, 0), new FileTime(1795246000, 0),
            new FileTime(1795246000, 0), null, 1, content);
}

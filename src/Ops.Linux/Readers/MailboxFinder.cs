using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Finds the file that the name of a mailbox leads to, as the program does that owns it: to open a name is to follow its links. Each link is followed by itself, so that none leads where no program
/// may look, and no mailbox is taken for another because a stranger's link says so.
/// </summary>
/// <param name="roots">Where links may lead; null: only within the directory of the lock.</param>
/// <param name="isSilent">Whether nothing at a path may be touched, since its file system does not answer.</param>
internal sealed class MailboxFinder(IReadOnlyList<FilePath>? roots, Func<FilePath, bool> isSilent)
{
    /// <summary>The kernel's own limit (<c>MAXSYMLINKS</c>).</summary>
    private const int LinkLimit = 40;

    /// <param name="directory">Where the lock is.</param>
    /// <param name="name">The name that it stands for.</param>
    /// <param name="withFirstBytes">Whether to read the few bytes that say which format a mailbox has; no more of one is ever read.</param>
    public (FileFacts? Mailbox, MailboxRoute? Route) Find(FileDescriptor directory, DirectoryFacts facts, FilePath name, bool withFirstBytes)
    {
        using var walk = new Walk(this, directory, facts, name, withFirstBytes);
        return walk.Run();
    }

    private bool IsSilent(FilePath path) => isSilent(path);

    private bool IsWithin(FilePath path, FilePath home) => roots is null ? path.Parent == home : roots.Any(r => path != r && path.IsAtOrBelow(r));

    private sealed class Walk(MailboxFinder finder, FileDescriptor directory, DirectoryFacts facts, FilePath named, bool withFirstBytes) : IDisposable
    {
        private readonly List<FollowedLink> _links = [];
        private readonly HashSet<FilePath> _seen = [];
        private readonly FilePath _home = facts.RealPath ?? facts.Path;
        private readonly List<(FilePath Link, uint Uid)> _doubtful = [];
        private FileDescriptor? _opened;

        private FileDescriptor Here => _opened ?? directory;

        public (FileFacts? Mailbox, MailboxRoute? Route) Run()
        {
            var path = _home.Join(named.Name);
            FileFacts? last = null;
            while (true)
            {
                if (!Here.OpenPathOnly(path.Name).TryGet(out var pinned, out var error))
                {
                    return error == Errno.NotFound && last is null ? (null, null)
                        : Unsafe(last, error == Errno.NotFound ? $"nothing is at {path.Display}" : $"{path.Display} cannot be examined ({ArtefactReader.Words(error)})");
                }

                using (pinned)
                {
                    if (!pinned.Stat().TryGet(out var status, out error))
                        return Unsafe(last, $"{path.Display} cannot be examined ({ArtefactReader.Words(error)})");
                    last = status.ToFacts(_links.Count == 0 ? named : path, FileContent.NotRead("the mailbox is not read"));
                    if (status.Kind != FileKind.SymbolicLink)
                        return Reached(withFirstBytes && last is { Kind: FileKind.Regular, Size: > 0 } ? last with { Content = FirstBytes(pinned) } : last);
                    if (Follow(pinned, status, path, out path) is { } why)
                        return Unsafe(last, why);
                }
            }
        }

        public void Dispose() => _opened?.Dispose();

        private static FileContent FirstBytes(FileDescriptor pinned)
        {
            if (!pinned.ReopenForReading().TryGet(out var file, out var error))
                return FileContent.NotRead(error == Errno.NotPermitted ? "reading it would change its access time" : ArtefactReader.Words(error));
            using (file)
                return file.ReadUpTo(MailboxSign.BytesNeeded).TryGet(out var bytes, out error) ? new FileContent(bytes, null) : FileContent.NotRead(ArtefactReader.Words(error));
        }

        private (FileFacts?, MailboxRoute?) Unsafe(FileFacts? last, string why) => (last, new MailboxRoute(named, _links, why));

        private (FileFacts?, MailboxRoute?) Reached(FileFacts mailbox)
        {
            if (_links.Count == 0)
                return (mailbox, null);
            // Who may write to a directory may make a link in it to any mailbox. One who links to a file of their own says no more than the truth about it.
            return _doubtful.Where(d => d.Uid != mailbox.Uid).Select(d => d.Link).Take(1).ToList() is [var link]
                ? Unsafe(mailbox, $"{link.Display} belongs to an account that owns neither its directory nor the file, and others than the owner can make links there")
                : (mailbox, new MailboxRoute(named, _links, null));
        }

        /// <summary>Why the link cannot be followed safely; null when the directory of its target is open.</summary>
        private string? Follow(FileDescriptor link, FileStatus status, FilePath path, out FilePath target)
        {
            target = path;
            if (!link.ReadPinnedLink().TryGet(out var text, out var error))
                return $"the link {path.Display} cannot be read ({ArtefactReader.Words(error)})";
            _links.Add(new FollowedLink(path, status.Uid, text));
            if (!Here.Stat().TryGet(out var around, out error))
                return $"the directory of {path.Display} cannot be examined ({ArtefactReader.Words(error)})";
            const uint writableByOthers = 0x12;
            if ((around.Mode & writableByOthers) != 0 && status.Uid != 0 && status.Uid != around.Uid)
                _doubtful.Add((path, status.Uid));
            if (!_seen.Add(path) || _links.Count > LinkLimit)
                return "the links go round in a circle";
            return Enter(path, text, out target);
        }

        private string? Enter(FilePath path, byte[] text, out FilePath target)
        {
            target = path.Parent.Resolve(text);
            if (!IsPlain(text))
                return "the link goes down and up again, which only the file system itself can resolve";
            if (!finder.IsWithin(target, _home))
                return $"{target.Display} is outside the roots that are looked at";
            if (finder.IsSilent(target))
                return $"the file system of {target.Display} does not answer";
            if (!FileDescriptor.OpenDirectory(target.Parent.Bytes).TryGet(out var next, out var error))
            {
                return error switch
                {
                    Errno.SymbolicLink => $"a directory on the way to {target.Display} is itself a symbolic link",
                    Errno.NotFound or Errno.NotADirectory => $"there is no directory {target.Parent.Display}",
                    _ => $"the directory {target.Parent.Display} cannot be opened ({ArtefactReader.Words(error)})",
                };
            }

            _opened?.Dispose();
            _opened = next;
            return null;
        }

        // By letters alone ".." is right only where nothing before it could be a link: at the beginning, from a real path on.
        private static bool IsPlain(ReadOnlySpan<byte> text)
        {
            var wentDown = text is [(byte)'/', ..];
            foreach (var range in text.Split((byte)'/'))
            {
                var part = text[range];
                if (part.SequenceEqual(".."u8) && wentDown)
                    return false;
                wentDown |= !part.IsEmpty && !part.SequenceEqual("."u8) && !part.SequenceEqual(".."u8);
            }
            return true;
        }
    }

}

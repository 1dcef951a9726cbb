namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Lucene (Solr, Dovecot fts-solr and fts-lucene, James).</summary>
    public static MailSystem Lucene { get; } = new()
    {
        Name = "lucene",
        Title = "Lucene (Solr, Elasticsearch, James)",
        About = "The writer of a Lucene index has write.lock in its directory. By default it is a handle for a kernel lock that stays permanently (NativeFSLockFactory); with "
            + "SimpleFSLockFactory the empty file itself is the lock, and nothing distinguishes the two from outside.",
        LookedAt = ["kernel locks on write.lock", "living processes that have files of the index next to it open"],
        LeftAlone = ["write.lock of any age: a living writer by SimpleFSLockFactory has no lock that could be seen, and removing the handle of the other kind lets in a second writer"],
        Notes = ["After a crash with SimpleFSLockFactory the file has to be removed by hand, with every program that uses the index stopped."],
        Conventions =
        [
            new DotLock
            {
                Form = "write.lock, empty, in the directory of an index",
                What = "lock of an index's writer: a kernel lock on it, or its existence alone",
                OwnRule = "never",
                Name = Pattern.Whole(@"write\.lock"),
                Screen = Screens.LockSuffix,
                AsKind = ArtefactKind.LockFile,
                Looks = Look.EmptyOfAnyMode,
                LeavesNoTrace = true,
                MayBeHandle = true,
                Protects = LuceneNames.IndexFile,
                WhyNever = "Which of its two ways of locking is in use cannot be seen, and a second writer destroys the index. Remove it by hand when nothing uses the index.",
                Source = "lucene core org/apache/lucene/store/NativeFSLockFactory.java, SimpleFSLockFactory.java: obtainFSLock; index/IndexWriter.java: WRITE_LOCK_NAME",
            },
        ],
    };

    private static class LuceneNames
    {
        /// <summary><c>segments_N</c>, <c>segments.gen</c> and <c>_SEGMENT[_SUFFIX].EXTENSION</c> (org/apache/lucene/index/IndexFileNames.java).</summary>
        public static System.Text.RegularExpressions.Regex IndexFile { get; } = Pattern.Whole(@"segments(?:_[0-9a-z]+|\.gen)|_[0-9a-z]+(?:_[0-9A-Za-z_]+)?\.[a-z0-9]+");
    }
}

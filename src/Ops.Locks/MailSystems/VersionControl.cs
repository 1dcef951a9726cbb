namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Version control next to mail: not ours.</summary>
    public static MailSystem VersionControl { get; } = new()
    {
        Name = "version-control",
        Title = "Version control (git, Mercurial, Subversion)",
        About = "Files of a repository of git, Mercurial or Subversion that looks like a lock. They are no locks on mail, and these programs say themselves how theirs is released.",
        LookedAt = ["the directory they are in: below .git or NAME.git, .hg, .svn"],
        LeftAlone = ["all of them: git's X.lock holds the next version of X while it is written, and its living writer need not have it open"],
        Conventions =
        [
            new LookAlike
            {
                Form = ".git/index.lock, .git/refs/.../NAME.lock, gc.pid",
                What = "lock of a git repository, with the next version of what it protects in it",
                Name = Pattern.Whole(@".+\.lock|gc\.pid"),
                Screen = new NameScreen(null, "kd", static name => name.EndsWith(".lock"u8) || name.SequenceEqual("gc.pid"u8)),
                Place = VersionControlPlaces.Git,
                AsKind = ArtefactKind.LockFile,
                Why = "It is a lock of a git repository, not of mail, and not judged here: git removes it, or says which file to remove when no git is running.",
                Source = "git lockfile.c: lock_file, hold_lock_file_for_update_timeout; builtin/gc.c: lock_repo_for_gc",
            },
            new LookAlike
            {
                Form = ".hg/wlock, .hg/store/lock, link to HOST:PID",
                What = "lock of a Mercurial repository",
                Name = Pattern.Whole("wlock|lock"),
                Screen = Screens.EndsWith("lock"),
                Place = VersionControlPlaces.Mercurial,
                AsKind = ArtefactKind.LockFile,
                MayBeSymbolicLink = true,
                Why = "It is a lock of a Mercurial repository, not of mail, and not judged here: hg removes that of a dead process itself, and hg debuglocks shows and frees it.",
                Source = "mercurial mercurial/lock.py: lock._trylock, lock._lockshouldbebroken",
            },
            new LookAlike
            {
                Form = ".svn/lock",
                What = "lock of a Subversion working copy",
                Name = Pattern.Whole("lock"),
                Screen = Screens.Exactly("lock"),
                Place = VersionControlPlaces.Subversion,
                AsKind = ArtefactKind.LockFile,
                Why = "It is a lock of a Subversion working copy, not of mail, and not judged here: svn cleanup frees it.",
                Source = "subversion (before 1.7) libsvn_wc/lock.c: create_lock, svn_wc__adm_steal_write_lock",
            },
        ],
    };

    private static class VersionControlPlaces
    {
        public static Place Git { get; } = new(Path: Pattern.Whole(@".*/[^/]*\.git(?:/.*)?"));

        public static Place Mercurial { get; } = new(Path: Pattern.Whole(@".*/\.hg(?:/store)?"));

        public static Place Subversion { get; } = new(Path: Pattern.Whole(@".*/\.svn(?:/.*)?"));
    }
}

using Ops.Locks;

namespace Ops.Agent;

/// <summary>A directory to scan.</summary>
/// <param name="TopLevelOnly">Only names directly in it: for directories shared with the whole system (<c>/tmp</c>, <c>/run</c>).</param>
/// <param name="Kinds">
/// The only kinds of artefact that are looked for there; null for all. A <c>.lock</c> in <c>/tmp</c> or <c>/run</c> is some other program's
/// (<c>/run/xtables.lock</c> is a handle for kernel locks), however much it looks like a mailer's.
/// </param>
public sealed record StoreRoot(FilePath Path, bool TopLevelOnly = false, IReadOnlyList<ArtefactKind>? Kinds = null);

/// <summary>Where mail systems of this release keep stores, spools and locks when nothing else is configured.</summary>
/// <remarks>Defaults of Debian and of the upstream sources; sites with other paths name them in the policy or with <c>--root</c>.</remarks>
public static class StoreRoots
{
    // Deep: scanned whole. Only directories that hold mail or the state of one mail system.
    private static readonly string[] Deep =
    [
        "/var/mail", "/var/spool/mail",                                         // mbox stores: exim, procmail, liblockfile, c-client
        "/var/vmail", "/srv/mail", "/srv/vmail",                                // virtual users' maildirs
        "/var/spool/cyrus", "/var/spool/imap",                                  // cyrus partitions: stage., sync.
        "/var/lib/cyrus", "/var/lib/imap", "/run/cyrus",                        // cyrus configdirectory, lock and proc directories
        "/var/spool/exim4", "/var/spool/exim",                                  // input/, db/*.lockfile
        "/var/spool/postfix/pid", "/var/lib/postfix",                           // master.pid, master.lock: kernel locks on permanent files
        "/run/dovecot", "/run/exim4", "/run/exim",
    ];

    // Directories for all users: MBX locks are at the top of /tmp, pid files at the top of /run, LCK..device files in /run/lock.
    private static readonly (string Path, ArtefactKind Kind)[] Shared =
    [
        ("/tmp", ArtefactKind.MbxLock), ("/run", ArtefactKind.PidFile), ("/run/lock", ArtefactKind.PidFile),
    ];

    private static readonly Linux.MountProbe Probe = new();
    private static readonly string[] HomeParents = ["/home"];
    private static readonly string[] InHome = ["Maildir", "mail", "Mail"];
    private static readonly string[] TemporaryDirectories = ["/tmp", "/var/tmp"];

    /// <summary>Those of the default directories that exist, by their real names, none inside another.</summary>
    public static IReadOnlyList<StoreRoot> Detect() => Distinct(
    [
        .. Deep,
        .. HomeParents.SelectMany(Directories).SelectMany(home => InHome.Select(name => Path.Join(home, name))).Where(IsNoLink),
        // libguestfs keeps one appliance cache per user; nothing else in these directories is entered.
        .. TemporaryDirectories.SelectMany(Directories).Where(d => Path.GetFileName(d).StartsWith(".guestfs-", StringComparison.Ordinal)).Where(IsNoLink),
    ], Shared);

    /// <summary>The directories an administrator named, by their real names.</summary>
    /// <exception cref="PolicyException">One of them does not exist or is no directory.</exception>
    public static IReadOnlyList<StoreRoot> Named(IEnumerable<string> paths)
    {
        var named = paths.Select(p => Path.GetFullPath(p)).ToList();
        if (named.Find(p => !IsSilent(p) && !Directory.Exists(p)) is { } missing)
            throw new PolicyException($"{FilePath.Escape(missing)} is not a directory that can be reached");
        return Distinct(named, []);
    }

    /// <summary>Whether anything may be touched there: below a root, and directly in it where only its top level counts.</summary>
    public static bool Cover(IEnumerable<StoreRoot> roots, FilePath path) => Covering(roots, path) is not null;

    /// <summary>The deepest root that covers a path; null when none does.</summary>
    public static StoreRoot? Covering(IEnumerable<StoreRoot> roots, FilePath path)
    {
        StoreRoot? deepest = null;
        foreach (var root in roots)
        {
            if (path.IsAtOrBelow(root.Path) && path != root.Path && (!root.TopLevelOnly || path.Parent == root.Path)
                && (deepest is null || root.Path.Bytes.Length > deepest.Path.Bytes.Length))
            {
                deepest = root;
            }
        }
        return deepest;
    }

    private static List<StoreRoot> Distinct(IEnumerable<string> whole, IEnumerable<(string Path, ArtefactKind Kind)> shared)
    {
        var roots = new List<StoreRoot>();
        foreach (var path in whole.Select(RealPath).OfType<string>().Select(FilePath.FromText))
        {
            // A root inside another would be scanned twice and give every finding a twin.
            if (roots.Exists(r => path.IsAtOrBelow(r.Path)))
                continue;
            roots.RemoveAll(r => r.Path.IsAtOrBelow(path));
            roots.Add(new StoreRoot(path));
        }
        foreach (var (path, kind) in shared)
        {
            if (RealPath(path) is { } real && FilePath.FromText(real) is var root && !roots.Exists(r => r.TopLevelOnly ? r.Path == root : root.IsAtOrBelow(r.Path)))
                roots.Add(new StoreRoot(root, TopLevelOnly: true, [kind]));
        }
        return roots;
    }

    // Links on the way are an administrator's (/var/spool/mail -> ../mail); those below a root are a user's and never followed.
    private static string? RealPath(string path)
    {
        try
        {
            // A call to a file server that is gone waits permanently. What is named there stays a root and is reported as not answering.
            if (IsSilent(path))
                return path;
            if (!Directory.Exists(path))
                return null;
            var real = "/";
            foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                var next = new DirectoryInfo(Path.Join(real, part));
                real = next.ResolveLinkTarget(returnFinalTarget: true) is { } target ? RealPath(target.FullName) ?? target.FullName : next.FullName;
            }
            return real;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsSilent(string path) => Probe.SilentAt(FilePath.FromText(path)) is not null;

    // In a home or in /tmp a link is a user's, and a root must never be what a user says it is.
    private static bool IsNoLink(string path) => !IsSilent(path) && new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    private static string[] Directories(string parent)
    {
        try
        {
            return !IsSilent(parent) && Directory.Exists(parent) ? Directory.GetDirectories(parent) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>libguestfs, supermin.</summary>
    public static MailSystem Libguestfs { get; } = new()
    {
        Name = "libguestfs",
        Title = "libguestfs, supermin",
        About = "libguestfs is no mail system, but its appliance cache is found on mail hosts, in world-writable directories, with pids in its names. "
            + "Versions 1.7.22 to 1.25.37 hard-linked kernel, initrd and root under the pid of every process; later ones keep a kernel-locked lock and "
            + "use the appliance in place.",
        LookedAt =
        [
            "what libguestfs checks before it trusts its directory: directory and file belong to the uid in the directory's name, and no other user may "
                + "write to the directory",
            "pid, start time and owner of the process, and who has the inode open. kernel.PID may be a symbolic link; it is not followed",
        ],
        LeftAlone =
        [
            "names that only resemble these",
            "other owners; a process of that number that runs as another user",
        ],
        Conventions =
        [
            new StagingFile
            {
                Form = ".guestfs-UID/kernel.PID, initrd.PID, root.PID, dtb.PID",
                What = "hard link to the cached appliance (1.7.22 to 1.25.37)",
                OwnRule = "the next process of that uid unlinks it when its pid is gone",
                Name = Pattern.Whole($"(kernel|initrd|root|dtb)\\.({Pattern.Pid})"),
                Place = LibguestfsPlaces.Cache,
                Looks = static file => LibguestfsPlaces.IsPidLink(file.Path),
                AsKind = ArtefactKind.PidLinkedFile,
                FamilyLock = "checksum",                                  // write-locked while the cache is built and swapped, read-locked while it is linked
                MayBeSymbolicLink = true,                                 // kernel is a link into /boot, and link(2) takes it as it is
                RequiredUid = LibguestfsPlaces.Uid,
                PrivateDirectory = true,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value)),
                Source = "libguestfs commit 4beb2844 src/appliance.c: hard_link_to_cached_appliance, garbage_collect_appliances",
            },
            new LookAlike
            {
                Form = ".guestfs-UID/kernel.12abc and the like",
                What = "a name that only resembles such a link",
                // What sscanf("kernel.%d") takes for such a file: text behind the pid, a sign, zeros, a number no kernel gives out.
                Name = Pattern.Whole(@"(?:kernel|initrd|root|dtb).+"),
                Place = LibguestfsPlaces.Cache,
                Looks = static file => !LibguestfsPlaces.IsPidLink(file.Path),
                Why = "The name is not exactly kernel, initrd, root or dtb, a dot and a possible pid: its owner is unknown.",
                Source = "libguestfs commit 4beb2844 src/appliance.c: garbage_collect_appliances",
            },
            new NotALock
            {
                Form = ".guestfs-UID/kernel, initrd, root, checksum",
                What = "the cache",
                Name = Pattern.Whole("kernel|initrd|root|checksum"),
                Place = LibguestfsPlaces.Cache,
                Why = "It is the cache itself. libguestfs rebuilds it when needed; while checksum is locked, a process builds or links it.",
                Source = "libguestfs commit 4beb2844 src/appliance.c: build_supermin_appliance",
            },
            new NotALock
            {
                Form = ".guestfs-UID/lock",
                What = "handle for the kernel lock of a build",
                Name = Pattern.Whole("lock"),
                Place = LibguestfsPlaces.Cache,
                Why = "supermin keeps it permanently and locks it through the kernel. Unlinking it while locked lets two builds run at once.",
                Source = "supermin src/mode_build.ml (--lock); libguestfs lib/appliance.c (commit b13c22668)",
            },
            new StagingFile
            {
                Form = ".guestfs-UID/appliance.d.XXXXXXXX/",
                What = "appliance being built or put aside",
                Name = Pattern.Whole(@"appliance\.d\.[0-9a-z]{8}"),
                Place = LibguestfsPlaces.Cache,
                AsKind = ArtefactKind.TempFile,
                IsDirectory = true,
                RequiredUid = LibguestfsPlaces.Uid,
                PrivateDirectory = true,
                Guard = static _ => "lock",                               // supermin holds it for its whole life
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "supermin src/supermin.ml (string_random8)",
            },
            new StagingFile
            {
                Form = "guestfs.XXXXXX/",
                What = "appliance being built (before 1.25.38)",
                Name = Pattern.Whole(@"guestfs\.[A-Za-z0-9]{6}"),
                Screen = Screens.StartsWith("guestfs."),
                AsKind = ArtefactKind.TempFile,
                IsDirectory = true,
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "libguestfs commit 4beb2844 src/appliance.c: build_supermin_appliance (mkdtemp)",
            },
            new NotALock
            {
                Form = "libguestfsXXXXXX/",
                What = "disks and sockets of a guest",
                Name = Pattern.Whole("libguestfs[A-Za-z0-9]{6}"),
                Screen = Screens.StartsWith("libguestfs"),
                Looks = static file => file.Kind == FileKind.Directory,
                AsKind = ArtefactKind.TempFile,
                Why = "A guest that runs has its overlay disks or sockets in here, and may be using them through their names alone.",
                Source = "libguestfs lib/tmpdirs.c: lazy_make_tmpdir",
            },
        ],
    };

    private static class LibguestfsPlaces
    {
        private static readonly Regex CacheName = Pattern.Whole(@"\.guestfs-(0|[1-9][0-9]{0,9})");
        private static readonly Regex PidLink = Pattern.Whole($"(?:kernel|initrd|root|dtb)\\.({Pattern.Pid})");

        public static Place Cache { get; } = new(Directory: CacheName);

        /// <summary>The uid in <c>.guestfs-UID</c>. libguestfs itself refuses a directory that is not owned by it.</summary>
        public static uint? Uid(string directory) =>
            CacheName.Match(directory) is { Success: true } m
            && uint.TryParse(m.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? uid : null;

        public static bool IsPidLink(FilePath path) =>
            PidLink.Match(path.NameLatin1) is { Success: true } m && LockText.Pid(m.Groups[1].Value) is not null;
    }
}

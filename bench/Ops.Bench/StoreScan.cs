using System.Diagnostics;
using System.Globalization;
using Ops.Linux;
using Ops.Locks;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>Looking for lock files and leftovers in a big store: <c>ops scan</c> beside a C program, find(1), fd and bfs, which only compare names.</summary>
internal static class StoreScan
{
    private const int FilesInDirectory = 1_000;

    // One in so many is a name that has to be looked at.
    private const int OneInCandidate = 2_000, OneInLock = 5_000;
    private const string DropCaches = "/proc/sys/vm/drop_caches";

    /// <param name="directories">With fewer than ten files to each, a store of Maildirs; else one of large folders.</param>
    public static async Task RunAsync(int files, int directories, int runs)
    {
        using var store = new MailStore();
        var isMaildir = files / directories < 10;
        var made = isMaildir ? FillMaildirs(store.Root, files, directories) : FillFolders(store.Root, files, directories);
        var title = $"{Text(files)} files in {Text(made)} directories{(isMaildir ? " (Maildir)" : "")}";
        var (program, arguments) = Built.Launch(Built.CommandLine, ["scan", "--root", store.Root, "--json", "--policy", store.Policy]);
        Contender[] contenders =
        [
            Contender.Of("names, the C reference", await CReference.BuildAsync("names"), store.Root),
            Contender.Of("`find -name`", Tool.Find("find"), store.Root, "-name", "*.lock"),
            Contender.Of("`fd`", Tool.Find("fdfind") is { Path: not null } fd ? fd : Tool.Find("fd"), "-HI", "--glob", "*.lock", store.Root),
            Contender.Of("`bfs -name`", Tool.Find("bfs"), store.Root, "-name", "*.lock"),
            Contender.Of($"`find` for all names that `ops` looks for", Tool.Find("find"), [store.Root, .. Names(store.Root)]),
            new($"`ops scan --json`{(Built.IsNative ? ", native" : "")}", () => Measured.RunAsync(program, arguments)),
        ];
        Table.Print($"{title}, warm cache", Contest.Heads, await Contest.RunAsync(runs, null, warmUp: true, contenders));
        if (CanDropCaches())
        {
            Table.Print($"{title}, cold cache", Contest.Heads, await Contest.RunAsync(runs, DropCachesNow, warmUp: false, contenders));
        }
        else
        {
            Console.WriteLine($"\nNot measured: a cold cache (needs root and {DropCaches}).");
        }

        await PrintRescanAsync(title, store.Root, runs);
    }

    // What the agent does again and again: the walk alone, in this process, with what it remembers.
    private static async Task PrintRescanAsync(string title, string root, int runs)
    {
        // A directory that changed just now is listed again by rule.
        await Task.Delay(TimeSpan.FromSeconds(3));
        List<double> first = [], again = [];
        Ops.Linux.StoreScan? last = null;
        for (var run = -1; run < runs; run++)
        {
            var memory = new ScanMemory(TimeProvider.System);
            var whole = ProcessorTimeOf(() => Scan(root, null));
            Scan(root, memory);
            var unchanged = ProcessorTimeOf(() => last = Scan(root, memory));
            if (run >= 0)
            {
                first.Add(whole);
                again.Add(unchanged);
            }
        }

        Table.Print($"{title}: the agent's walk again, nothing changed", ["", "processor, ms", "against the first"],
        [
            ["whole walk", first.Median().ToString("0", CultureInfo.InvariantCulture), "1.00"],
            [$"again; {Text(last!.Listed)} directories listed", again.Median().ToString("0", CultureInfo.InvariantCulture), (again.Median() / first.Median()).ToString("0.00", CultureInfo.InvariantCulture)],
        ]);
    }

    private static Ops.Linux.StoreScan Scan(string root, ScanMemory? memory) =>
        new StoreScanner(new MountReader().Read().Mounts, ConventionMatcher.IsCandidate, memory: memory).Scan([new ScanRoot(FilePath.FromText(root))]);

    private static double ProcessorTimeOf(Action act)
    {
        using var self = Process.GetCurrentProcess();
        var before = self.TotalProcessorTime;
        act();
        self.Refresh();
        return (self.TotalProcessorTime - before).TotalMilliseconds;
    }

    private static bool CanDropCaches()
    {
        try
        {
            DropCachesNow();
            return true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    private static void DropCachesNow()
    {
        using (var sync = Process.Start(new ProcessStartInfo("sync") { UseShellExecute = false })!)
        {
            sync.WaitForExit();
        }

        File.WriteAllText(DropCaches, "3\n");
    }

    private static IEnumerable<string> Names(string root) =>
        ["(", "-name", "*.lock", "-o", "-name", "*.lock.*", "-o", "-name", ".lk*", "-o", "-name", "_*", "-o", "-name", "*.pid", "-o", "-name", "LCK..*", "-o", "-name", "temp.*",
         "-o", "-path", root + "/*/stage./*", "-o", "-path", root + "/*/tmp/*", ")", "-print"];

    /// <summary>As Cyrus has them: partitions with folders in them, each with its message files and an index.</summary>
    private static int FillFolders(string root, int files, int directories)
    {
        var partitions = Math.Max(1, (int)Math.Sqrt(directories));
        List<string> all = [.. Enumerable.Range(0, partitions).Select(p => Make(root, Name("p", p)))];
        for (var folder = 0; all.Count + 1 < directories; folder++)
        {
            all.Add(Make(all[folder % partitions], Name("user", folder)));
        }

        for (var at = 0; at < all.Count; at++)
        {
            var share = (files / all.Count) + (at < files % all.Count ? 1 : 0);
            for (var file = 0; file < share; file++)
            {
                Touch(all[at], file switch
                {
                    0 => "cyrus.header",
                    1 => "cyrus.index",
                    2 => "cyrus.cache",
                    3 when at % (OneInLock / Math.Max(1, files / all.Count)) == 0 => Name("folder", at) + ".lock",
                    _ => Name("", file) + ".",
                });
            }
        }

        return all.Count + 1;
    }

    /// <summary>A hundred Maildirs to a directory, most of them small.</summary>
    private static int FillMaildirs(string root, int files, int directories)
    {
        var boxes = Math.Max(1, (int)(directories * 100L / 401));
        var (made, count, bucket) = (0, 1, root);
        for (var box = 0; box < boxes; box++)
        {
            if (box % 100 == 0)
            {
                bucket = Make(root, Name("d", box / 100));
                count++;
            }

            var maildir = Make(bucket, Name("user", box));
            Make(maildir, "new");
            Make(maildir, "tmp");
            var current = Make(maildir, "cur");
            count += 4;
            var share = (files / boxes) + (box < files % boxes ? 1 : 0);
            for (var file = 0; file < share; file++, made++)
            {
                if (made % OneInLock == OneInLock - 1)
                {
                    Touch(maildir, "dovecot-uidlist.lock");
                }
                else
                {
                    Touch(current, MessageName(made));
                }
            }
        }

        return count;
    }

    // Names as a Maildir has them: they cost a scanner what real ones do. The files are empty: no scan opens them.
    internal static void Fill(string root, int files)
    {
        var made = 0;
        for (var user = 0; made < files; user++)
        {
            var current = Make(root, string.Create(CultureInfo.InvariantCulture, $"user{user / 100:00}/u{user:00000}/Maildir/cur"));
            for (var file = 0; file < FilesInDirectory && made < files; file++, made++)
            {
                Touch(current, made % OneInCandidate == OneInCandidate - 1 ? Name("folder", file) + ".lock" : MessageName(made));
            }
        }
    }

    private static string MessageName(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{1_700_000_000 + number}.M{number % 1_000_000}P{number % 30_000}.mail1,S={number % 9_000},W={number % 9_100}:2,S");

    private static string Name(string prefix, int number) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}");

    private static string Make(string directory, string name) => Directory.CreateDirectory(Path.Join(directory, name)).FullName;

    private static void Touch(string directory, string name) => File.Create(Path.Join(directory, name)).Dispose();

    private static string Text(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}

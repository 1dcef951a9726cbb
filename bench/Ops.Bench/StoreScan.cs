using System.Globalization;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>Looking for lock files and leftovers in a big store: <c>ops scan</c> beside find(1), which only compares names.</summary>
internal static class StoreScan
{
    private const int FilesInDirectory = 1_000;

    // One in so many is a name that has to be looked at.
    private const int OneInCandidate = 2_000;

    public static async Task RunAsync(int files, int runs)
    {
        using var store = new MailStore();
        Fill(store.Root, files);
        var rows = await Comparison.RunAsync(
            runs,
            ("`find` by name", () => Measured.RunAsync("find", [store.Root, .. Names(store.Root)])),
            ("`find` by name, with `-printf` of owner, times, size and links of every file", () => Measured.RunAsync("find", store.Root, "-printf", "%p %U %C@ %T@ %s %n\\n")),
            ("`ops scan --json`", () => Measured.RunAsync(Built.Dotnet, Built.CommandLine, "scan", "--root", store.Root, "--json", "--policy", store.Policy)));
        Table.Print($"{files:#,0} files in {files / FilesInDirectory:#,0} directories, warm cache: what lies about?", Comparison.Heads, rows);
    }

    private static IEnumerable<string> Names(string root) =>
        ["(", "-name", "*.lock", "-o", "-name", "*.lock.*", "-o", "-name", ".lk*", "-o", "-name", "_*", "-o", "-name", "*.pid", "-o", "-name", "LCK..*", "-o", "-name", "temp.*",
         "-o", "-path", root + "/*/stage./*", "-o", "-path", root + "/*/tmp/*", ")", "-print"];

    // Names as a Maildir has them: they cost a scanner what real ones do. The files are empty: no scan opens them.
    internal static void Fill(string root, int files)
    {
        var made = 0;
        for (var user = 0; made < files; user++)
        {
            var current = Directory.CreateDirectory(Path.Join(root, string.Create(CultureInfo.InvariantCulture, $"user{user / 100:00}/u{user:00000}/Maildir/cur"))).FullName;
            for (var file = 0; file < FilesInDirectory && made < files; file++, made++)
            {
                var name = made % OneInCandidate == OneInCandidate - 1
                    ? string.Create(CultureInfo.InvariantCulture, $"folder{file}.lock")
                    : string.Create(CultureInfo.InvariantCulture, $"{1_700_000_000 + made}.M{made % 1_000_000}P{made % 30_000}.mail1,S={made % 9_000},W={made % 9_100}:2,S");
                File.Create(Path.Join(current, name)).Dispose();
            }
        }
    }
}

using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Layout;

/// <summary>Which folder of the console may use which. The files at the top of the project put it together and may use all.</summary>
public sealed partial class ConsoleFoldersTests
{
    private const string Project = "src/Ops.Web";

    // A folder that is not named here is a new one: say what it may use. Folders below a named one belong to it.
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Live"] = [],
        ["Shared"] = ["Live"],
        ["Features/SignIn"] = ["Live", "Shared"],
        ["Features/Acts"] = ["Live", "Shared", "Features/SignIn"],
        ["Features/Alerts"] = ["Live", "Shared", "Features/SignIn"],
        ["Features/Api"] = ["Live", "Shared", "Features/SignIn", "Features/Acts", "Features/Incidents", "Features/Locks", "Features/Mailboxes"],
        ["Features/Approvals"] = ["Live", "Shared", "Features/SignIn", "Features/Acts", "Features/Quarantine"],
        ["Features/Audit"] = ["Live", "Shared", "Features/SignIn", "Features/Acts"],
        ["Features/Detail"] = ["Live", "Shared", "Features/Acts"],
        ["Features/Graph"] = ["Live", "Shared"],
        ["Features/History"] = ["Live", "Shared"],
        ["Features/Hosts"] = ["Live", "Shared", "Features/SignIn"],
        ["Features/Incidents"] = ["Live", "Shared", "Features/SignIn"],
        ["Features/Integrity"] = ["Live", "Shared", "Features/SignIn"],
        ["Features/Leftovers"] = ["Live", "Shared", "Features/Acts"],
        ["Features/Locks"] = ["Live", "Shared", "Features/Acts"],
        ["Features/Mailboxes"] = ["Live", "Shared", "Features/Graph"],
        ["Features/Metrics"] = ["Live", "Features/Alerts"],
        ["Features/Overview"] = ["Live", "Shared"],
        ["Features/Quarantine"] = ["Live", "Shared", "Features/Acts"],
        ["Features/Rules"] = ["Live", "Shared", "Features/SignIn"],
        ["Features/Shadow"] = ["Live", "Shared"],
        ["Features/Wall"] = ["Live", "Shared", "Features/SignIn"],
        ["Features/Why"] = ["Live", "Shared"],
        ["Frame"] = ["Live", "Shared", "Features/Approvals", "Features/Overview", "Features/SignIn"],
    };

    [Fact]
    public void Folders_of_the_console_use_only_what_the_list_allows()
    {
        List<string> wrong = [];
        foreach (var (name, text) in Sources())
        {
            if (FolderOf(name) is not { } from)
                continue;
            wrong.AddRange(Used(text).Where(to => to != from && !MayUse[from].Contains(to))
                .Select(to => $"{name} uses {to}; {from} may use {(MayUse[from] is [] ? "no other folder" : string.Join(", ", MayUse[from]))}. Move what both need, or change the list on purpose."));
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_list_has_no_circle_and_names_only_folders_that_exist()
    {
        foreach (var (from, allowed) in MayUse)
        {
            Assert.True(Directory.Exists(Path.Join(LayoutTests.Root, Project, from)), $"{from} is listed but does not exist");
            foreach (var to in allowed)
                Assert.False(Reaches(to, from), $"{from} and {to} may use each other");
        }
    }

    [Fact]
    public void Namespaces_of_the_console_are_its_folders()
    {
        var other = Sources().Where(s => s.Name.EndsWith(".cs", StringComparison.Ordinal))
            .Where(s => Namespace().Match(s.Text) is { Success: true } found && found.Groups[1].Value != Path.GetDirectoryName(s.Name)!["src/".Length..].Replace('/', '.'))
            .Select(s => s.Name);
        Assert.Empty(other);
    }

    private static bool Reaches(string from, string to) => from == to || MayUse[from].Any(next => Reaches(next, to));

    private static List<(string Name, string Text)> Sources()
    {
        List<(string Name, string Text)> found = [.. Directory.EnumerateFiles(Path.Join(LayoutTests.Root, Project), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            .Select(f => (Name: Path.GetRelativePath(LayoutTests.Root, f).Replace('\\', '/'), Path: f))
            .Where(f => !f.Name.Contains("/obj/", StringComparison.Ordinal) && !f.Name.Contains("/bin/", StringComparison.Ordinal))
            .Select(f => (f.Name, File.ReadAllText(f.Path)))];
        Assert.NotEmpty(found);
        return found;
    }

    // Null at the top of the project.
    private static string? FolderOf(string file)
    {
        var parts = Path.GetDirectoryName(file)![Project.Length..].Trim('/').Split('/');
        if (parts[0].Length == 0)
            return null;
        var folder = parts[0] == "Features" ? $"Features/{parts[1]}" : parts[0];
        Assert.True(MayUse.ContainsKey(folder), $"{folder} is a new folder of the console: say in {nameof(ConsoleFoldersTests)} what it may use");
        return folder;
    }

    // By using directives and by qualified names; a page has those of _Imports.razor for Live and Shared, which every folder but Live may use.
    private static IEnumerable<string> Used(string text) => Uses().Matches(text)
        .Select(m => m.Groups["feature"] is { Success: true } feature ? $"Features/{feature.Value}" : m.Groups["folder"].Value)
        .Where(MayUse.ContainsKey).Distinct();

    [GeneratedRegex(@"(?:\bOps\.Web\.|(?<![\w.])(?=Features\.))(?:Features\.(?<feature>\w+)|(?<folder>Live|Shared|Frame)\b)")]
    private static partial Regex Uses();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}

using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Ops.Locks.Tests.Layout;

/// <summary>Rules about this code base that no compiler knows: which way references point, and what lies where.</summary>
public sealed partial class LayoutTests
{
    internal static string Root { get; } = FindRoot();

    // Web -> Agent, Cluster, Data, Incidents, Contracts; Agent -> Linux, Incidents -> Contracts -> Integrity -> Locks; Linux -> Integrity.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Ops.Locks"] = [],
        ["Ops.Contracts"] = ["Ops.Integrity", "Ops.Locks"],
        ["Ops.Incidents"] = ["Ops.Contracts"],
        ["Ops.Integrity"] = ["Ops.Locks"],
        ["Ops.Linux"] = ["Ops.Integrity", "Ops.Locks"],
        ["Ops.Agent"] = ["Ops.Contracts", "Ops.Incidents", "Ops.Integrity", "Ops.Linux"],
        ["Ops.Cluster"] = [],
        ["Ops.Data"] = ["Ops.Locks"],
        ["Ops.Migrate"] = ["Ops.Data"],
        ["Ops.Web"] = ["Ops.Agent", "Ops.Cluster", "Ops.Contracts", "Ops.Data", "Ops.Incidents"],
    };

    [Fact]
    public void References_point_one_way()
    {
        var projects = Directory.GetFiles(Path.Join(Root, "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.NotEmpty(projects);
        foreach (var project in projects)
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.True(Allowed.ContainsKey(name), $"{name} is a new project: say here what it may reference");
            Assert.Empty(references.Except(Allowed[name]));
        }
    }

    [Fact]
    public void The_core_uses_no_package_and_opens_nothing()
    {
        var project = XDocument.Load(Path.Join(Root, "src/Ops.Locks/Ops.Locks.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
        Assert.Empty(project.Descendants("FrameworkReference"));
        Assert.Empty(Sources("src/Ops.Locks").Where(s => Impure().IsMatch(s.Text)).Select(s => s.Name));
    }

    [Fact]
    public void What_findings_mean_is_decided_without_a_package_a_clock_or_a_file()
    {
        Assert.Empty(XDocument.Load(Path.Join(Root, "src/Ops.Incidents/Ops.Incidents.csproj")).Descendants("PackageReference"));
        Assert.Empty(Sources("src/Ops.Incidents").Where(s => Impure().IsMatch(s.Text)).Select(s => s.Name));
    }

    [Fact]
    public void Whether_a_message_is_whole_is_decided_without_a_package_a_clock_or_a_file()
    {
        Assert.Empty(XDocument.Load(Path.Join(Root, "src/Ops.Integrity/Ops.Integrity.csproj")).Descendants("PackageReference"));
        Assert.Empty(Sources("src/Ops.Integrity").Where(s => Impure().IsMatch(s.Text)).Select(s => s.Name));
    }

    [Fact]
    public void Nothing_on_a_mail_host_starts_a_program_but_what_the_policy_names_and_a_drill_that_starts_itself()
    {
        var sources = Sources("src/Ops.Agent").Concat(Sources("src/Ops.Linux")).ToList();
        Assert.NotEmpty(sources);
        // Three exceptions: Dovecot's own tool, by an absolute path from the policy, which asks a session to end; this same program, once more, as the processes of a drill; and
        // where the policy says so, the programs that list a queue, by absolute paths that are fixed, and Dovecot's own tool, which lists sessions.
        Assert.Equal(["src/Ops.Linux/Acting/Doveadm.cs", "src/Ops.Linux/Drill/DrillProcesses.cs", "src/Ops.Linux/Readers/TrustedProgram.cs"], sources.Where(s => StartsPrograms().IsMatch(s.Text)).Select(s => s.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Native_calls_are_imported_in_one_folder()
    {
        Assert.Empty(Sources("src")
            .Where(s => Imports().IsMatch(s.Text) && !s.Name.StartsWith("src/Ops.Linux/Native/", StringComparison.Ordinal))
            .Select(s => s.Name));
    }

    [Fact]
    public void The_time_of_day_is_asked_of_the_clock_that_was_passed_in()
    {
        Assert.Empty(Sources("src").Where(s => AsksMachineForTime().IsMatch(s.Text)).Select(s => s.Name));
        // Where a program is put together, and what stands for "no clock was passed".
        string[] roots =
        [
            "src/Ops.Agent/AgentEngine.cs", "src/Ops.Data/DataRegistration.cs", "src/Ops.Data/SqliteStart.cs", "src/Ops.Linux/Acting/Quarantine.cs", "src/Ops.Linux/Acting/Recovery.cs",
            "src/Ops.Linux/Acting/Takeover.cs", "src/Ops.Linux/Readers/HostReader.cs", "src/Ops.Web/Program.cs",
        ];
        Assert.Empty(Sources("src")
            .Where(s => TakesMachineClock().IsMatch(s.Text) && !s.Name.StartsWith("src/Ops.Agent/Commands/", StringComparison.Ordinal))
            .Select(s => s.Name).Except(roots));
    }

    [Fact]
    public void Pages_never_see_agent_or_kernel_types()
    {
        Assert.Empty(Sources("src/Ops.Web")
            .Where(s => SeesAgent().IsMatch(s.Text) && s.Name != "src/Ops.Web/Program.cs" && !s.Name.StartsWith("src/Ops.Web/Embedded", StringComparison.Ordinal))
            .Select(s => s.Name));
    }

    [Fact]
    public void The_top_level_holds_only_what_the_layout_names()
    {
        string[] known =
        [
            "src", "tests", "wwwroot", "migrations", "build", "bench", "docs", "Ops.sln", "appsettings.json", "Dockerfile", "compose.yaml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
            "Directory.Build.props", "Directory.Packages.props", "global.json",
            // What a working copy gathers and git ignores.
            "data", "artifacts", "TestResults",
        ];
        var found = Directory.GetFileSystemEntries(Root).Select(p => Path.GetFileName(p)!).Where(n => n[0] != '.');
        Assert.Empty(found.Except(known));
    }

    [Fact]
    public void A_log_message_has_an_event_id_of_its_own() =>
        // People filter and alert on the id; two messages under one cannot be told apart.
        Assert.Empty(Sources("src").SelectMany(s => EventIdOf().Matches(s.Text).Select(m => (Id: m.Groups[1].Value, s.Name)))
            .GroupBy(m => m.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key} in {string.Join(", ", g.Select(m => m.Name))}"));

    [Fact]
    public void A_source_file_is_short_enough_to_be_read_at_once() =>
        Assert.Empty(Sources("src").Select(s => (s.Name, Lines: s.Text.Count(c => c == '\n'))).Where(s => s.Lines > 400).Select(s => $"{s.Name} has {s.Lines} lines: more than 400"));

    internal static IEnumerable<(string Name, string Text)> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Join(Root, folder), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            .Select(f => (Name: Path.GetRelativePath(Root, f).Replace('\\', '/'), Path: f))
            .Where(f => !f.Name.Contains("/obj/", StringComparison.Ordinal) && !f.Name.Contains("/bin/", StringComparison.Ordinal))
            .Select(f => (f.Name, File.ReadAllText(f.Path)));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (folder is not null && !File.Exists(Path.Join(folder.FullName, "Ops.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Ops.sln was not found above " + here);
    }

    [GeneratedRegex(@"LoggerMessage\(EventId = (\d+)")]
    private static partial Regex EventIdOf();

    [GeneratedRegex(@"\b(File|Directory|FileStream|Process|Environment|Console|HttpClient|Socket)\.[A-Z]\w*\(|DateTime(Offset)?\.(Utc)?Now\b|\bStopwatch\b|\bILogger\b")]
    private static partial Regex Impure();

    [GeneratedRegex(@"\bProcess\.Start\b|\bProcessStartInfo\b|\bposix_spawn\b|""execve?""|\bfork\(")]
    private static partial Regex StartsPrograms();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?(Now|Today)\b")]
    private static partial Regex AsksMachineForTime();

    [GeneratedRegex(@"\bTimeProvider\.System\b")]
    private static partial Regex TakesMachineClock();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\(")]
    private static partial Regex Imports();

    [GeneratedRegex(@"\bOps\.(Agent|Linux)\b")]
    private static partial Regex SeesAgent();
}

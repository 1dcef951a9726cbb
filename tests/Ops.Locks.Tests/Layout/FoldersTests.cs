using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Layout;

/// <summary>
/// Which folder may use which, in the projects whose folders add no namespace: what a file uses is seen by the names of the types that other folders declare.
/// For the console, whose folders are namespaces, see <see cref="ConsoleFoldersTests"/>.
/// </summary>
public sealed partial class FoldersTests
{
    private const string Top = "";

    // A folder that is not named here is a new one: say what it may use. The files at the top of a project are a folder of their own.
    private static readonly Dictionary<string, Dictionary<string, string[]>> MayUse = new(StringComparer.Ordinal)
    {
        ["Ops.Locks"] = new(StringComparer.Ordinal)
        {
            ["Auditing"] = [],
            ["Mailboxes"] = [],
            ["Facts"] = ["Mailboxes"],
            ["Parsing"] = ["Facts"],
            ["MailSystems"] = ["Facts", "Parsing"],
            ["Classify"] = ["Facts", "Mailboxes", "MailSystems", "Parsing"],
            ["Relations"] = ["Classify", "Facts", "Mailboxes", "MailSystems"],
            ["Waiting"] = ["Classify", "Facts", "MailSystems", "Relations"],
            ["Habits"] = ["Classify", "Facts", "MailSystems", "Relations", "Waiting"],
            ["Obstacles"] = ["Classify", "Facts", "MailSystems", "Relations"],
            ["Breaking"] = ["Classify", "Facts", "MailSystems", "Parsing", "Relations"],
            ["Guide"] = ["Classify", "Facts", "Habits", "MailSystems", "Parsing"],
        },
        ["Ops.Linux"] = new(StringComparer.Ordinal)
        {
            ["Native"] = [],
            ["Readers"] = ["Native"],
            ["Watching"] = ["Native", "Readers"],
            ["Acting"] = ["Native", "Readers"],
            ["Integrity"] = ["Native", "Readers"],
            ["Drill"] = ["Native"],
        },
        ["Ops.Agent"] = new(StringComparer.Ordinal)
        {
            ["Settings"] = [],
            ["Survey"] = ["Settings"],
            ["Operations"] = ["Settings", "Survey"],
            ["Acts"] = ["Operations", "Settings", "Survey"],
            ["Audits"] = ["Settings"],
            ["Live"] = ["Settings", "Survey"],
            // The engine, which puts these together.
            [Top] = ["Acts", "Audits", "Live", "Operations", "Settings", "Survey"],
            ["Link"] = [Top, "Settings"],
            ["Commands"] = [Top, "Acts", "Link", "Operations", "Settings", "Survey"],
        },
    };

    public static TheoryData<string> Projects => [.. MayUse.Keys];

    [Theory, MemberData(nameof(Projects))]
    public void A_folder_uses_only_what_the_list_allows(string project)
    {
        // Not the first file of the program: it starts what is above.
        var sources = LayoutTests.Sources($"src/{project}").Where(s => Path.GetFileName(s.Name) != "Program.cs").Select(s => (s.Name, Folder: FolderOf(project, s.Name), Code: Bare(s.Text))).ToList();
        var declared = sources.SelectMany(s => Declaration().Matches(s.Code).Select(m => (Type: m.Groups["name"].Value, s.Folder))).Distinct().ToLookup(d => d.Type, d => d.Folder, StringComparer.Ordinal);
        Assert.NotEmpty(declared);
        List<string> wrong = [];
        foreach (var (name, from, code) in sources)
        {
            wrong.AddRange(Use().Matches(code).Select(m => m.Value).Distinct().Where(type => !declared[type].Contains(from))
                .SelectMany(type => declared[type].Where(to => !MayUse[project][from].Contains(to)).Select(to => $"{name} uses {type} of {Named(to)}; {Named(from)} may use {string.Join(", ", MayUse[project][from].Select(Named))}")));
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong) + "\nMove what both need, or change the list on purpose.");
    }

    [Theory, MemberData(nameof(Projects))]
    public void The_list_has_no_circle_and_names_only_folders_that_exist(string project)
    {
        foreach (var (from, allowed) in MayUse[project])
        {
            Assert.True(Directory.Exists(Path.Join(LayoutTests.Root, "src", project, from)), $"{from} is listed but does not exist");
            foreach (var to in allowed)
                Assert.False(Reaches(MayUse[project], to, from), $"{Named(from)} and {Named(to)} may use each other");
        }
    }

    [Theory]
    [InlineData("Verdict v = new(Owner.Unknown);", "Owner,Verdict")]
    [InlineData("public Owner Verdict { get; }", "Owner")]
    [InlineData("With(Owner: x) with { Verdict = y }", "With")]
    [InlineData("finding.Owner // Verdict\n\"Verdict\"", "")]
    [InlineData("enum Kind\n{\n    Verdict,\n    Owner\n}", "Kind")]
    public void A_type_is_used_where_its_name_is_not_that_of_a_member(string code, string used) =>
        Assert.Equal(used, string.Join(',', Use().Matches(Bare(code)).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal)));

    private static bool Reaches(Dictionary<string, string[]> arrows, string from, string to) => from == to || arrows[from].Any(next => Reaches(arrows, next, to));

    private static string FolderOf(string project, string file)
    {
        var folder = Path.GetDirectoryName(file)![$"src/{project}".Length..].Trim('/').Split('/')[0];
        Assert.True(MayUse[project].ContainsKey(folder), $"{file}: {folder} is a new folder of {project}: say in {nameof(FoldersTests)} what it may use");
        return folder;
    }

    private static string Named(string folder) => folder == Top ? "the top" : folder;

    // Without comments, text and the members of enumerations.
    private static string Bare(string code) => Member().Replace(Noise().Replace(code, "\"\""), "");

    [GeneratedRegex("\"{3}.*?\"{3}|//[^\\n]*|\"(\\\\.|[^\"\\\\\\n])*\"", RegexOptions.Singleline)]
    private static partial Regex Noise();

    [GeneratedRegex(@"^\s*[A-Z]\w*( = [^,\n]+)?,?\s*$", RegexOptions.Multiline)]
    private static partial Regex Member();

    [GeneratedRegex(@"^((public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe) )*(record struct|record|class|struct|interface|enum) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    // Not after a dot, not the name of a member ("Type Name {"), of an argument ("Name: x") or of a property that is set ("Name = x").
    [GeneratedRegex(@"(?<![\w.])(?<!(?<!\b(new|is|as|return|case|and|or|not|out|in|ref|static|sealed|readonly|public|private|internal|protected|override|virtual|async|params|const|this|required|where|else|await|throw|switch|when|abstract|partial|event|using|enum))(?<=[\w>\]?)]) )[A-Z]\w*\b(?!\s*:(?!:))(?!\s*=(?![=>]))")]
    private static partial Regex Use();
}

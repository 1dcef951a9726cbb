using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Layout;

/// <summary>The words that CONTRIBUTING.md asks to avoid are absent from every room that was swept: docs, changelog, test names, and the literals of the source.</summary>
public sealed partial class WordingTests
{
    // Rooms still to be swept. Take a room out when its test is green without it; add none.
    private static readonly HashSet<string> NotYetSwept =
    [
        "docs/evidence.md", // its questions and reasons are those of src/Ops.Locks
        "src/Ops.Agent", "src/Ops.Contracts", "src/Ops.Data", "src/Ops.Incidents", "src/Ops.Linux", "src/Ops.Locks", "src/Ops.Migrate", "src/Ops.Web",
        "tests/Ops.Agent.Tests", "tests/Ops.Data.Tests", "tests/Ops.EndToEnd.Tests", "tests/Ops.Incidents.Tests", "tests/Ops.Linux.Tests", "tests/Ops.Locks.Tests", "tests/Ops.Web.Tests",
    ];

    // Written from the declarations in src/Ops.Locks: they follow when that room is swept.
    private static readonly HashSet<string> Generated = ["docs/verdicts.md", "docs/mail-systems.md", "docs/conventions.md", "docs/locking.md"];

    private static IReadOnlyList<string> Avoided { get; } = ReadAvoided();

    private static string[] All { get; } =
    [
        "README.md", "CONTRIBUTING.md",
        .. Directory.GetFiles(Path.Join(LayoutTests.Root, "docs"), "*.md").Concat(Directory.GetFiles(Path.Join(LayoutTests.Root, "docs/decisions"), "*.md"))
            .Select(f => Path.GetRelativePath(LayoutTests.Root, f)).Where(f => !Generated.Contains(f)).Order(StringComparer.Ordinal),
        .. Directory.GetDirectories(Path.Join(LayoutTests.Root, "src")).Concat(Directory.GetDirectories(Path.Join(LayoutTests.Root, "tests"), "*.Tests"))
            .Select(f => Path.GetRelativePath(LayoutTests.Root, f)).Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> Rooms => new(All);

    [Theory, MemberData(nameof(Rooms))]
    public void A_swept_room_has_none_of_the_avoided_words(string room)
    {
        Assert.NotEmpty(Avoided);
        var found = Texts(room).SelectMany(text => Avoided.Where(word => Regex.IsMatch(text, $@"\b{word}\b", RegexOptions.IgnoreCase)).Select(word => $"{word}: {text.Trim()}")).ToList();
        if (!NotYetSwept.Contains(room))
            Assert.True(found.Count == 0, $"{found.Count} in {room}:\n{string.Join('\n', found.Take(20))}");
    }

    [Fact]
    public void The_list_of_rooms_still_to_be_swept_names_only_rooms_that_exist() => Assert.Empty(NotYetSwept.Except(All));

    /// <summary>Sentences of a room: lines of a page, names of a project's tests, string literals and text of a project's sources.</summary>
    private static IEnumerable<string> Texts(string room)
    {
        if (room == "CONTRIBUTING.md")
            return Lines(room).TakeWhile(l => !l.StartsWith("## Wording", StringComparison.Ordinal));
        if (room.EndsWith(".md", StringComparison.Ordinal))
            // What the agent prints is quoted as it is in the source, and tests are named as they are there.
            return Lines(room).Where(l => !l.StartsWith('>')).Select(l => Code().Replace(l, ""));
        var sources = LayoutTests.Sources(room).ToList();
        return room.StartsWith("tests/", StringComparison.Ordinal)
            ? sources.SelectMany(s => TestName().Matches(s.Text)).Select(m => m.Groups["name"].Value.Replace('_', ' '))
            : sources.SelectMany(s => s.Name.EndsWith(".razor", StringComparison.Ordinal) ? Markup().Matches(s.Text) : Literal().Matches(s.Text)).Select(m => m.Value);
    }

    private static string[] Lines(string file) => File.ReadAllLines(Path.Join(LayoutTests.Root, file));

    private static IReadOnlyList<string> ReadAvoided() =>
        [.. Lines("CONTRIBUTING.md").SkipWhile(l => !l.StartsWith("| avoid |", StringComparison.Ordinal)).Skip(2).TakeWhile(l => l.StartsWith('|'))
            .SelectMany(l => l.Split('|')[1].Split(',')).Select(w => Regex.Escape(w.Trim()))];

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"public (async )?(void|Task) (?<name>\w+_\w+)\(")]
    private static partial Regex TestName();

    // Two words at least: a single one is a key or a word of the wire.
    [GeneratedRegex(@"""[^""\r\n]* [^""\r\n]*""")]
    private static partial Regex Literal();

    [GeneratedRegex(@">[^<>{}@\r\n]* [^<>{}@\r\n]*<|""[^""\r\n]* [^""\r\n]*""")]
    private static partial Regex Markup();
}

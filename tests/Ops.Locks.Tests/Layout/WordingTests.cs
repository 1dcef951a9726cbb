using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Layout;

/// <summary>The words that CONTRIBUTING.md asks to avoid are absent from every room: docs, changelog, test names, and the literals and comments of the source.</summary>
public sealed partial class WordingTests
{
    private static IReadOnlyList<string> Avoided { get; } = ReadAvoided();

    private static string[] All { get; } =
    [
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
        .. Directory.GetFiles(Path.Join(LayoutTests.Root, "docs"), "*.md", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(LayoutTests.Root, f)).Order(StringComparer.Ordinal),
        .. Directory.GetFiles(Path.Join(LayoutTests.Root, "src"), "*.md", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(LayoutTests.Root, f)).Order(StringComparer.Ordinal),
        .. Directory.GetDirectories(Path.Join(LayoutTests.Root, "src")).Concat(Directory.GetDirectories(Path.Join(LayoutTests.Root, "tests"), "*.Tests"))
            .Select(f => Path.GetRelativePath(LayoutTests.Root, f)).Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> Rooms => new(All);

    [Theory, MemberData(nameof(Rooms))]
    public void A_room_has_none_of_the_avoided_words(string room)
    {
        Assert.NotEmpty(Avoided);
        var found = Texts(room).SelectMany(text => Avoided.Where(word => Regex.IsMatch(text, $@"\b{word}\b", RegexOptions.IgnoreCase)).Select(word => $"{word}: {text.Trim()}")).ToList();
        Assert.True(found.Count == 0, $"{found.Count} in {room}:\n{string.Join('\n', found.Take(20))}");
    }

    /// <summary>Sentences of a room: lines of a page, names of a project's tests; string literals, text and comments of a project's sources.</summary>
    private static IEnumerable<string> Texts(string room)
    {
        if (room == "CONTRIBUTING.md")
            return Lines(room).TakeWhile(l => !l.StartsWith("## Wording", StringComparison.Ordinal));
        if (room.EndsWith(".md", StringComparison.Ordinal))
            return Lines(room).Select(l => Code().Replace(l, ""));
        var sources = LayoutTests.Sources(room).ToList();
        return room.StartsWith("tests/", StringComparison.Ordinal)
            ? sources.SelectMany(s => TestName().Matches(s.Text)).Select(m => m.Groups["name"].Value.Replace('_', ' '))
            : sources.SelectMany(s => (s.Name.EndsWith(".razor", StringComparison.Ordinal) ? Markup().Matches(Comment().Replace(s.Text, "")) : Literals(s.Text)).Concat(Remark().Matches(s.Text))).Select(m => m.Value);
    }

    // Whole literals, those of several lines, and the pieces between the holes of an interpolated one, which may hold literals itself.
    private static IEnumerable<Match> Literals(string source)
    {
        var code = Comment().Replace(source, "");
        return Literal().Matches(code).Concat(Piece().Matches(code)).Concat(Raw().Matches(code));
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

    [GeneratedRegex(@"[""}][^""{};\r\n]* [^""{};\r\n]*[""{]")]
    private static partial Regex Piece();

    [GeneratedRegex("\"{3}\\r?\\n.*?\"{3}", RegexOptions.Singleline)]
    private static partial Regex Raw();

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    // To the end of the line; a colon before the slashes is that of an address.
    [GeneratedRegex(@"(?<!:)//.*$|@\*.*?\*@", RegexOptions.Multiline)]
    private static partial Regex Remark();

    [GeneratedRegex(@">[^<>{}@\r\n]* [^<>{}@\r\n]*<|""[^""\r\n]* [^""\r\n]*""")]
    private static partial Regex Markup();
}

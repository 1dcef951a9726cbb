using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Guide;

/// <summary>The page of situations names tests that exist, and says something of every row.</summary>
public sealed partial class SituationsTests
{
    private static readonly string Top = Layout.LayoutTests.Root;
    private static readonly string[][] Rows = [.. File.ReadAllLines(Path.Join(Top, "docs", "situations.md")).Where(l => l.StartsWith("| ", StringComparison.Ordinal))
        .Select(l => l.Split(" | ")).Where(c => c.Length == 3 && c[1] is "yes" or "in part" or "no")];

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        var known = Directory.EnumerateFiles(Path.Join(Top, "tests"), "*Tests.cs", SearchOption.AllDirectories).SelectMany(f => Methods().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.All(Rows.SelectMany(r => Tests(r[2])), t => Assert.Contains(t, known));
    }

    [Fact]
    public void Every_situation_has_a_test_or_a_reason()
    {
        Assert.Equal(84, Rows.Length);
        Assert.All(Rows, r => Assert.True(r[1] == "yes" ? Tests(r[2]).Any() : Tests(r[2]).Aggregate(r[2], (text, test) => text.Replace(test, "", StringComparison.Ordinal)).Length > 30, r[0]));
    }

    private static IEnumerable<string> Tests(string text) => Names().Matches(text).Select(m => m.Groups[1].Value);

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex Names();

    [GeneratedRegex(@"public (?:async Task|void) (\w+)\(")]
    private static partial Regex Methods();
}

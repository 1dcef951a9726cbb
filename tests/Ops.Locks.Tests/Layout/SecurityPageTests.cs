using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Layout;

/// <summary><c>docs/security.md</c> claims nothing that no test shows.</summary>
public sealed partial class SecurityPageTests
{
    [Fact]
    public void Each_test_that_the_page_names_exists()
    {
        var named = TestName().Matches(File.ReadAllText(Path.Join(LayoutTests.Root, "docs/security.md"))).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.True(named.Count >= 20, $"only {named.Count} names were found on the page");
        foreach (var file in Directory.EnumerateFiles(Path.Join(LayoutTests.Root, "tests"), "*.cs", SearchOption.AllDirectories))
            named.ExceptWith(Method().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value));
        Assert.Empty(named);
    }

    [Fact]
    public void Each_threat_has_a_test_in_every_row_that_says_what_cannot_be_done()
    {
        var threats = File.ReadAllText(Path.Join(LayoutTests.Root, "docs/security.md")).Split("\n## ").Single(p => p.StartsWith("Threats", StringComparison.Ordinal)).Split("\n### ")[1..];
        Assert.Equal(6, threats.Length);
        foreach (var row in threats.SelectMany(t => t.Split('\n')).Where(l => l.StartsWith('|') && !l.StartsWith("| can |", StringComparison.Ordinal) && !l.StartsWith("| ---", StringComparison.Ordinal)))
            Assert.Matches(TestName(), row);
    }

    // At least three words: no key, setting or program is written like that.
    [GeneratedRegex("`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){3,})`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"public (?:async )?(?:Task|void) ([A-Za-z0-9_]+)\(")]
    private static partial Regex Method();
}

using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Layout;

/// <summary>A link in the documentation leads somewhere: to a file that exists, and in it to a heading.</summary>
public sealed partial class LinksTests
{
    [Fact]
    public void Each_link_between_documents_leads_to_a_file_and_a_heading()
    {
        var documents = Directory.GetFiles(LayoutTests.Root, "*.md").Concat(Directory.GetFiles(Path.Join(LayoutTests.Root, "docs"), "*.md", SearchOption.AllDirectories)).ToList();
        Assert.True(documents.Count >= 20, $"only {documents.Count} documents were found");
        var links = documents.SelectMany(d => Link().Matches(File.ReadAllText(d)).Select(m => (Document: d, To: m.Groups[1].Value))).Where(l => !l.To.Contains("://", StringComparison.Ordinal)).ToList();
        Assert.True(links.Count >= 100, $"only {links.Count} links were found");
        Assert.Empty(links.Where(l => !Leads(l.Document, l.To)).Select(l => $"{Path.GetRelativePath(LayoutTests.Root, l.Document)}: {l.To}"));
    }

    [Theory]
    [InlineData("Debian and Ubuntu", "debian-and-ubuntu")]
    [InlineData("`ops why`, and the box in the bar", "ops-why-and-the-box-in-the-bar")]
    public void A_heading_is_addressed_as_the_viewers_of_Markdown_do(string heading, string anchor) => Assert.Equal(anchor, Anchor(heading));

    private static bool Leads(string document, string to)
    {
        var parts = to.Split('#', 2);
        var file = parts[0].Length == 0 ? document : Path.GetFullPath(Path.Join(Path.GetDirectoryName(document), parts[0]));
        return parts is [_, var anchor] && file.EndsWith(".md", StringComparison.Ordinal)
            ? File.Exists(file) && Heading().Matches(File.ReadAllText(file)).Any(h => Anchor(h.Groups[1].Value) == anchor)
            : Path.Exists(file);
    }

    private static string Anchor(string heading) => NotInAnchors().Replace(heading, "").Trim().ToLowerInvariant().Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}

using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Ops.Locks.Tests.Guide;

/// <summary>The docs about verdicts and mail systems say what the declarations say.</summary>
public sealed partial class GuideTests
{
    private static readonly string Docs = FindDocs();

    [Fact]
    public void The_pages_are_those_that_the_declarations_make()
    {
        var pages = GuidePages.All();
        var wrong = pages.Where(p => !File.Exists(Path.Join(Docs, p.Key)) || File.ReadAllText(Path.Join(Docs, p.Key)) != p.Value).Select(p => p.Key);
        var left = new[] { "verdicts", "systems" }.SelectMany(d => Directory.GetFiles(Path.Join(Docs, d))).Select(f => Path.GetRelativePath(Docs, f)).Except(pages.Keys);
        Assert.True(!wrong.Concat(left).Any(), $"run \"ops conventions --markdown docs\": {string.Join(", ", wrong.Concat(left))}");
    }

    [Fact]
    public void Every_verdict_has_its_entry_in_the_order_of_the_words()
    {
        Assert.Equal(Enum.GetValues<VerdictWord>(), VerdictGuide.All.Select(v => v.Word));
        Assert.All(VerdictGuide.All, v => Assert.Equal(Ops.Contracts.Words.Of(v.Word), v.Name));
        Assert.All(VerdictGuide.All, v => Assert.True(v.LookedAt.Count > 0 && v.Concluded.Count > 0 && v.ToDo.Count > 0 && v.Refused.Count > 0, v.Name));
    }

    [Fact]
    public void Every_page_of_a_system_says_what_we_look_at_conclude_and_refuse()
    {
        foreach (var system in Locks.MailSystems.All)
        {
            var page = GuidePages.All()[$"systems/{system.Name}.md"];
            foreach (var head in new[] { "## What we look at", "## What we conclude", "## What we refuse", "## Sources" })
                Assert.Contains(head, page, StringComparison.Ordinal);
            Assert.All(system.Conventions, c => Assert.Contains(c.Source, page, StringComparison.Ordinal));
            Assert.All(system.Conventions.OfType<NotALock>(), c => Assert.Contains(c.Why, page, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_link_between_the_docs_leads_somewhere()
    {
        foreach (var page in Directory.GetFiles(Docs, "*.md", SearchOption.AllDirectories))
        {
            foreach (Match link in Links().Matches(File.ReadAllText(page)))
            {
                var target = link.Groups[1].Value;
                Assert.True(target.Length == 0 || Path.Exists(Path.Join(Path.GetDirectoryName(page), target)), $"{Path.GetRelativePath(Docs, page)}: {target}");
            }
        }
    }

    private static string FindDocs([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (folder is not null && !File.Exists(Path.Join(folder.FullName, "Ops.sln")))
            folder = folder.Parent;
        return Path.Join(folder?.FullName ?? throw new InvalidOperationException("Ops.sln was not found above " + here), "docs");
    }

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]*)(?:#[^)\s]*)?\)")]
    private static partial Regex Links();
}

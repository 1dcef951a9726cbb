namespace Ops.Locks.Tests.MailSystems;

/// <summary>The generator of files makes something for everybody: otherwise what is shown with it shows nothing.</summary>
public sealed class ConventionFilesTests
{
    private static readonly IReadOnlyList<ConventionFile> Made = ConventionFiles.For(new FileOwner(31337, "mail1", Given.Now));

    [Fact]
    public void Every_convention_has_a_file()
    {
        var made = Made.Select(f => f.Convention).ToHashSet(ReferenceEqualityComparer.Instance);
        Assert.Empty(ConventionFiles.Owned.Where(o => !made.Contains(o.Convention)).Select(o => $"{o.System.Name}: {o.Convention.Form}"));
    }

    [Fact]
    public void Every_convention_that_can_name_an_owner_has_a_file_that_does()
    {
        var named = Made.Where(f => f.NamesOwner).Select(f => f.Convention).ToHashSet(ReferenceEqualityComparer.Instance);
        Assert.Empty(ConventionFiles.Owned.Where(o => CanNameOwner(o.Convention) && !named.Contains(o.Convention)).Select(o => $"{o.System.Name}: {o.Convention.Form}"));
    }

    [Fact]
    public void A_generated_name_or_text_is_read_back_as_its_owner() => Assert.All(Made.Where(f => f.NamesOwner), f =>
        Assert.Contains(f.Convention switch
        {
            DotLock dotLock => dotLock.ReadHolder(FileContent.Of(f.Content)) is { } claim ? (IEnumerable<OwnerClaim>)[claim] : [],
            PidFile pidFile => pidFile.ReadHolder(FileContent.Of(f.Content)) is { } claim ? [claim] : [],
            StagingFile staging => staging.ReadName(ConventionMatcher.Match(NameRow.PlaceOf(f.Path), f.Path).First(m => m.Convention == f.Convention).Match, f.Path.Parent.NameLatin1),
            _ => [],
        }, c => c.Pid == 31337));

    private static bool CanNameOwner(Convention convention) => convention switch
    {
        DotLock dotLock => dotLock.ReadHolder != LockText.Nothing,
        StagingFile staging => staging.NamesOwner,
        PidFile => true,
        _ => false,
    };
}

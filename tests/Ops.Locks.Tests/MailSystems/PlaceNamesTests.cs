using System.Text;

namespace Ops.Locks.Tests.MailSystems;

/// <summary>Whose coming and going changes what names next to it mean.</summary>
public sealed class PlaceNamesTests
{
    private static readonly IReadOnlyList<Place> Places = [.. Ops.Locks.MailSystems.All.SelectMany(s => s.Conventions).Select(c => c.Place).Where(p => p.Siblings is not null)];

    [Fact]
    public void Every_name_that_a_place_needs_next_to_it_decides()
    {
        Assert.NotEmpty(Places);
        Assert.All(Places.SelectMany(p => p.Siblings!), name => Assert.True(PlaceNames.Decide(Encoding.ASCII.GetBytes(name)), name));
        Assert.False(PlaceNames.Decide("1700000000.M1P2.mail1"u8));
    }

    [Fact]
    public void Every_directory_that_such_a_place_means_is_listed_again()
    {
        Assert.All(Places, p => Assert.Contains(PlaceNames.Dependent, name => p.Directory?.IsMatch(name) ?? p.Path!.IsMatch("/srv/x/" + name)));
    }
}

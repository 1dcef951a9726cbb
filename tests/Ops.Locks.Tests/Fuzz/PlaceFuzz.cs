using System.Text;
using FsCheck.Fluent;

namespace Ops.Locks.Tests.Fuzz;

/// <summary>The quick test of a directory's bytes must never rule out a place that its expressions find.</summary>
public sealed class PlaceFuzz
{
    private static readonly IReadOnlyList<Place> Places =
        [.. Locks.MailSystems.All.SelectMany(s => s.Conventions).Select(c => c.Place).Where(p => p != Place.Anywhere).Distinct()];

    private static readonly PlacePrefilter Prefilter = new(Places);

    private static readonly string[] Components =
    [
        "", "tmp", "new", "cur", "mailman", "mailman3", "var", "data", "maildrop", "incoming", "active", "deferred", "hold", "0", "A", "F", "queue", "mess", "12", "pid", "lock", "db", "run", "subsys", "input", "msglog", "scan",
        "stage.", "sync.", "sync", "proc", "socket", "domain", "x", "example.org", "*U*anna", "*", ".git", "mail.git", "x.git", ".hg", "store", ".svn", ".smd", "dovecot", "sieve", ".sieve", "offlineimap", ".offlineimap",
        "subscribers.d", "digesters.d", "123456", ".guestfs-0", "1aBcDe-000001-XX", "1aBcDe-0000000000g-01Xx", "u000123", "anna", "log", "\u00ff", "tmp\n", "user", "z", "Maildir", "\0",
    ];

    [Fact]
    public void No_directory_that_a_place_describes_is_ruled_out()
    {
        var paths = from count in Gen.Choose(0, 6) from parts in Gen.Elements(Components).ListOf(count) from mutated in Cases.Mutated([Encoding.Latin1.GetBytes("/" + string.Join('/', parts))], Components) select mutated;
        Cases.Check(paths, static path => Assert.Equal(Slow(path), Slow(path) & Possible(path)));
    }

    [Fact]
    public void Each_pair_of_components_is_judged_as_by_the_expressions()
    {
        foreach (var above in Components)
        {
            foreach (var name in Components)
            {
                foreach (var start in (string[])["/", "/srv/", "/srv/queue/", "/x/lock/domain/"])
                {
                    var path = Encoding.Latin1.GetBytes($"{start}{above}/{name}");
                    Assert.Equal(Slow(path), Slow(path) & Possible(path));
                }
            }
        }
    }

    [Theory]
    [InlineData("/var/mail/u000123")]
    [InlineData("/srv/d001/u000123/cur")]
    [InlineData("/srv/d001/u000123")]
    [InlineData("/var/spool/imap/a/user/anna")]
    public void A_directory_of_an_ordinary_store_asks_no_expression(string path) => Assert.Equal((UInt128)0, Possible(Encoding.ASCII.GetBytes(path)));

    [Fact]
    public void A_directory_below_a_known_one_is_judged_as_by_its_whole_path()
    {
        foreach (var above in Components.Where(c => !c.Contains('/', StringComparison.Ordinal)))
        {
            foreach (var name in Components.Where(c => c.Length > 0))
            {
                var parent = new PlaceFacts(new FilePath(Encoding.Latin1.GetBytes($"/srv/lock/{above}")), static _ => false);
                var path = new FilePath(Encoding.Latin1.GetBytes($"/srv/lock/{above}/{name}"));
                Assert.Equal(Prefilter.Possible(new PlaceFacts(path, static _ => false)), Prefilter.Possible(new PlaceFacts(path, static _ => false, parent)));
            }
        }
    }

    private static UInt128 Possible(byte[] path) => Prefilter.Possible(new PlaceFacts(new FilePath(path), static _ => false));

    private static UInt128 Slow(byte[] path)
    {
        var directory = new FilePath(path);
        UInt128 found = 0;
        for (var i = 0; i < Places.Count; i++)
        {
            if (Places[i].Directory?.IsMatch(directory.NameLatin1) != false && Places[i].Parent?.IsMatch(directory.Parent.NameLatin1) != false
                && Places[i].Path?.IsMatch(Encoding.Latin1.GetString(path)) != false)
            {
                found |= UInt128.One << i;
            }
        }
        return found;
    }
}

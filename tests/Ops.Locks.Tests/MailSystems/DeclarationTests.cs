using System.Text;

namespace Ops.Locks.Tests.MailSystems;

/// <summary>Rules that every declaration keeps, whatever system is added next.</summary>
public sealed class DeclarationTests
{
    private static readonly IReadOnlyList<(MailSystem System, Convention Convention)> Everything =
        [.. Locks.MailSystems.All.SelectMany(s => s.Conventions, (s, c) => (s, c))];

    [Fact]
    public void Every_system_has_a_name_of_its_own_a_title_and_conventions()
    {
        Assert.Equal(Locks.MailSystems.All.Count, Locks.MailSystems.All.Select(s => s.Name).Distinct().Count());
        Assert.All(Locks.MailSystems.All, s =>
        {
            Assert.Matches("^[a-z][a-z0-9-]*$", s.Name);
            Assert.NotEmpty(s.Title);
            Assert.NotEmpty(s.Conventions);
        });
    }

    [Fact]
    public void Every_declared_system_is_among_all()
    {
        var declared = typeof(Locks.MailSystems).GetProperties().Where(p => p.PropertyType == typeof(MailSystem)).Select(p => ((MailSystem)p.GetValue(null)!).Name);
        Assert.Equal(declared.Order(), Locks.MailSystems.All.Select(s => s.Name).Order());
    }

    [Fact]
    public void Every_convention_says_from_which_source_it_was_taken() =>
        Assert.All(Everything, e => Assert.True(e.Convention.Source.Length > 10, $"{e.System.Name}: {e.Convention.Name}"));

    [Fact]
    public void Every_system_and_convention_is_described_in_words()
    {
        Assert.All(Locks.MailSystems.All, s =>
        {
            Assert.EndsWith(".", s.About, StringComparison.Ordinal);
            Assert.NotEmpty(s.LookedAt);
            Assert.NotEmpty(s.LeftAlone);
            Assert.All(s.LookedAt.Concat(s.LeftAlone), phrase => Assert.DoesNotMatch(@"\.$", phrase));
            Assert.All(s.Notes, note => Assert.EndsWith(".", note, StringComparison.Ordinal));
        });
        Assert.All(Everything, e =>
        {
            Assert.NotEmpty(e.Convention.Form);
            Assert.Matches(@"^[^.].*[^.]$", e.Convention.What);
        });
    }

    [Fact]
    public void Every_system_has_a_table_of_names() =>
        Assert.Empty(Locks.MailSystems.All.Select(s => s.Name).Except(NameRow.Rows().Select(r => r.Table)));

    [Fact]
    public void Every_convention_has_a_name_in_a_table()
    {
        var named = NameRow.Rows().SelectMany(r => ConventionMatcher.Match(NameRow.PlaceOf(NameRow.PathOf(r.Path)), NameRow.PathOf(r.Path)))
            .Select(m => m.Convention).ToHashSet(ReferenceEqualityComparer.Instance);
        Assert.Empty(Everything.Where(e => !named.Contains(e.Convention)).Select(e => $"{e.System.Name}: {e.Convention.Name}"));
    }

    [Fact]
    public void A_convention_without_a_place_has_a_screen() =>
        Assert.All(Everything.Where(e => e.Convention.Place == Place.Anywhere), e => Assert.NotSame(Screens.Any, e.Convention.Screen));

    [Fact]
    public void Every_lock_says_how_it_looks_and_what_ours_must_look_like_or_why_it_is_never_broken()
    {
        foreach (var (system, convention) in Everything)
        {
            if (convention is not DotLock dotLock)
                continue;
            Assert.False(dotLock.Looks(FilesFor.Of(FilePath.FromText("/var/mail/u1.lock"), FileKind.SymbolicLink)), $"{system.Name}: a symbolic link");
            Assert.False(dotLock.Looks(FilesFor.Of(FilePath.FromText("/var/mail/u1.lock"), FileKind.Directory)), $"{system.Name}: a directory");
            Assert.True(dotLock.Write is null == dotLock.WhyNever is not null, $"{system.Name}: Write or WhyNever, not both");
        }
    }

    [Fact]
    public void A_lock_that_we_write_looks_like_one_of_its_system()
    {
        foreach (var (system, convention) in Everything)
        {
            if (convention is not DotLock { Write: { } write })
                continue;
            var looks = write(4711, "mx1.lab.example");
            var ours = FilesFor.Regular(FilePath.FromText("/var/mail/u1.lock"), looks.Content, looks.Mode);
            Assert.True(system.Conventions.OfType<DotLock>().Any(c => c.Looks(ours)), system.Name);
        }
    }

    [Fact]
    public void A_warning_is_a_sentence() =>
        Assert.All(Everything, e =>
        {
            var why = e.Convention switch { NotALock n => n.Why, LookAlike l => l.Why, DotLock { WhyNever: { } never } => never, _ => "None needed." };
            Assert.Matches(@"^[A-Za-z].{8,}\.$", why);
        });

    [Fact]
    public void No_name_however_hostile_makes_a_convention_stumble()
    {
        var random = new Random(20261121);
        // Pieces of real names, so that many of the mixtures get far into the expressions.
        string[] pieces =
        [
            ".lock", ".lock.", ".lk", "_", "stage.", ".temp.", "1795246035", ".M1", "P123", "Q1", ".", "..", "kernel.", "root.", "new.", ",LCK.", "|", ".tmp",
            ".pid", "LCK..", "mu", ":2,S", "\n", "\0", "\u00ff", "A", "0", "9", "4194304", "-", "mutt-", "hdr.", ".newlock", "dovecot", "abcdef0123456789", " ",
        ];
        PlaceFacts[] places = [.. new[] { "/var/mail", "/x/Maildir/tmp", "/x/stage.", "/x/sync./12", "/tmp/.guestfs-1", "/q/input", "/x/proc", "/tmp", "/x/lock/a" }
            .Select(p => NameRow.PlaceOf(FilePath.FromText(p).Join("x")))];
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = new byte[random.Next(1, 256)];
            if (i % 2 == 0)
                random.NextBytes(bytes);
            else
                bytes = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)])));
            var place = places[i % places.Length];
            var path = place.Directory.Join(bytes);
            var candidate = ConventionMatcher.IsCandidate(place, bytes);
            var matches = ConventionMatcher.Match(place, path);
            if (bytes.AsSpan().IndexOf((byte)'/') < 0)
                Assert.Equal(candidate, matches.Any(m => m.Convention is not NotALock { IsOrdinary: true }));
            foreach (var match in matches)
            {
                if (match.Convention is not StagingFile staging)
                    continue;
                staging.Guard(match.Match);
                Assert.All(staging.ReadName(match.Match, path.Parent.NameLatin1), c => Assert.InRange(c.Pid, 1, NameText.LargestPid));
                staging.LockName(match.Match);
            }
        }
    }

    [Fact]
    public void A_screen_never_hides_a_name_that_its_expression_matches()
    {
        var random = new Random(42);
        var names = NameRow.Rows().Select(r => NameRow.PathOf(r.Path).NameLatin1).ToArray();
        for (var i = 0; i < 2_000; i++)
        {
            // Two known names cut and put together: what one row of a table would not think of.
            string left = names[random.Next(names.Length)], right = names[random.Next(names.Length)];
            var name = left[..random.Next(left.Length + 1)] + right[random.Next(right.Length)..];
            var bytes = Encoding.Latin1.GetBytes(name);
            foreach (var (system, convention) in Everything)
                Assert.True(convention.Screen.Passes(bytes) || !convention.Name.IsMatch(name), $"{system.Name}: {convention.Name} on {FilePath.Escape(name)}");
        }
    }

    [Fact]
    public void A_name_longer_than_any_file_system_allows_is_nobodys()
    {
        var place = NameRow.PlaceOf(FilePath.FromText("/var/mail/x"));
        var longest = Encoding.ASCII.GetBytes(new string('L', 250) + ".lock");
        var longer = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("1795246035.12.lock.", 50_000)) + "lock");
        Assert.True(ConventionMatcher.IsCandidate(place, longest));
        Assert.False(ConventionMatcher.IsCandidate(place, longer));
        Assert.Empty(ConventionMatcher.Match(place, place.Directory.Join(longer)));
    }

    [Fact]
    public void There_is_room_for_every_place_in_a_mask() =>
        Assert.InRange(Everything.Select(e => e.Convention.Place).Where(p => p != Place.Anywhere).Distinct().Count(), 1, 64);

    [Theory]
    [InlineData("/x/Maildir/cur/", "1795246035.M123456P20912.mx1:2,S")]
    [InlineData("/x/Maildir/new/", "1795246035.20912.mx1")]
    [InlineData("/x/spool/u/user/fred/", "4711.")]
    [InlineData("/x/spool/u/user/fred/", "cyrus.index")]
    [InlineData("/home/u/Mail/inbox/", "4711")]
    [InlineData("/x/Maildir/", "dovecot-uidlist")]
    public void An_ordinary_message_costs_no_memory(string directory, string name)
    {
        var place = NameRow.PlaceOf(FilePath.FromText(directory + "x"));
        var bytes = Encoding.ASCII.GetBytes(name);
        ConventionMatcher.IsCandidate(place, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = false;
        for (var i = 0; i < 1000; i++)
            found |= ConventionMatcher.IsCandidate(place, bytes);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.False(found);
    }
}

using System.Diagnostics;
using System.Globalization;
using FsCheck.Fluent;
using Ops.Locks.Tests.MailSystems;

namespace Ops.Locks.Tests.Fuzz;

/// <summary>Names of files: users choose them.</summary>
public sealed class NameFuzz
{
    private static readonly string[] Pieces =
    [
        ".lock", ".lock.", ".lk", "_", ".temp.", "1795246035", ".M1", "P123", "Q1", ".", "..", "kernel.", "root.", "new.", "cur.", ",LCK.", "|", ".tmp", ".pid", "LCK..", "mu", ":2,S", "\n", "\0", "\u00ff", "A", "0", "9",
        "4194304", "4194305", "-", "mutt-", "mutt.", "hdr.", ".newlock", "dovecot.", "abcdef0123456789", " ", "maildirsize", ".svbin.", "oldmail-", ".mutt-", "idle.", ".cache", "TfUArB", "6b0145c7.", "00006fbb", "BOGUS.", "guestfs.",
        "appliance.d.", "-D", "-J", "duplicate.lock.", "courier.lock", "*U*", "$", ",S=4711",
    ];

    private static readonly string[] Directories =
    [
        "/var/mail", "/x/Maildir/tmp", "/x/Maildir/new", "/x/stage.", "/x/sync.", "/x/sync./12", "/tmp/.guestfs-1", "/q/input", "/q/msglog/a", "/x/proc", "/x/socket", "/tmp", "/x/lock/a", "/cyrus/lock", "/q/incoming",
        "/q/active/A", "/q/pid", "/q/db", "/x/dovecot", "/x/sieve/tmp", "/var/qmail/queue/pid", "/c/tmp/179524", "/x/lock/subsys", "/x/sync",
    ];

    private static readonly PlaceFacts[] Places = [.. Directories.Select(d => NameRow.PlaceOf(FilePath.FromText(d).Join("x")))];
    private static readonly IReadOnlyList<Convention> Conventions = [.. Locks.MailSystems.All.SelectMany(s => s.Conventions)];

    [Fact]
    public void No_name_names_an_impossible_owner_and_the_quick_test_agrees_with_the_slow_one()
    {
        var real = NameRow.Rows().Select(r => NameRow.PathOf(r.Path).Name.ToArray()).ToList();
        var cases = from place in Gen.Elements(Places) from name in Cases.Mutated(real, Pieces) select (place, name);
        Cases.Check(cases, static c =>
        {
            var (place, name) = c;
            if (name.Length is 0 or > 255 || name.AsSpan().ContainsAny((byte)'/', (byte)0))
                return;
            var path = place.Directory.Join(name);
            var matches = ConventionMatcher.Match(place, path);
            Assert.Equal(matches.Any(m => m.Convention is not NotALock { IsOrdinary: true }), ConventionMatcher.IsCandidate(place, name));
            foreach (var match in matches)
            {
                if (match.Convention is not StagingFile staging)
                    continue;
                Assert.All(staging.ReadName(match.Match, path.Parent.NameLatin1), claim => Assert.InRange(claim.Pid, 1, NameText.LargestPid));
                staging.LockName(match.Match);
                staging.Guard(match.Match);
                staging.RequiredUid(path.Parent.NameLatin1);
            }
            foreach (var kind in (FileKind[])[FileKind.Regular, FileKind.Directory, FileKind.SymbolicLink])
                ConventionMatcher.Fitting(matches, FilesFor.Of(path, kind));
        });
    }

    /// <summary>
    /// The longest names there are, made of what expressions repeat, with an end that makes them fail late. A backtracking expression that is worse than quadratic would take seconds for one.
    /// </summary>
    [Fact]
    public void No_name_of_255_bytes_takes_any_expression_long()
    {
        string[] starts = ["", ".temp.", "dovecot.", "maildirsize", ".mutt-", "mutt-", "mutt.", "oldmail-", "_", "new.", "x.lock.", "1795246035.", "x.svbin."];
        string[] repeated =
        [
            "a", "1", ".", "-", "|", "_", ".lock", ".lock.", "1.", "12.", "1795246035.", "1795246035.12.", "12.1795246035.", ".lock.1795246035.12.", "a.", "a-1-", "-1-1", "M1P1.", "1.M1P1Q1.", "deadbeef.", "deadbeef.deadbeef.",
            "0123456789abcdef", ".0123456789abcdef", "1|a|", "\n", "\u00ff", ".tmp", ".svbin.", " ",
        ];
        string[] ends = ["!", ".lock", "-1"];
        var worst = (Time: TimeSpan.Zero, Convention: "", Name: "");
        var watch = new Stopwatch();
        foreach (var start in starts)
        {
            foreach (var part in repeated)
            {
                foreach (var end in ends)
                {
                    var middle = string.Concat(Enumerable.Repeat(part, 255 / part.Length + 1));
                    var name = start + middle[..(255 - start.Length - end.Length)] + end;
                    foreach (var convention in Conventions)
                    {
                        watch.Restart();
                        convention.Name.IsMatch(name);
                        // A pause of the machine is not the expression's: what took long is asked again.
                        if (watch.Elapsed > worst.Time)
                        {
                            var again = TimeSpan.MaxValue;
                            for (var i = 0; i < 3; i++)
                            {
                                watch.Restart();
                                convention.Name.IsMatch(name);
                                again = watch.Elapsed < again ? watch.Elapsed : again;
                            }
                            if (again > worst.Time)
                                worst = (again, convention.Source, FilePath.Escape(name));
                        }
                    }
                }
            }
        }
        Assert.True(worst.Time < TimeSpan.FromMilliseconds(50), string.Create(CultureInfo.InvariantCulture, $"{worst.Time.TotalMilliseconds:0.0} ms: {worst.Convention} on {worst.Name}"));
    }

    [Fact]
    public void Every_expression_gives_up_in_the_end() =>
        Assert.All(Conventions.SelectMany(c => new[] { c.Name, c.Place.Directory, c.Place.Parent, c.Place.Path }).OfType<System.Text.RegularExpressions.Regex>(),
            r => Assert.InRange(r.MatchTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(2)));
}

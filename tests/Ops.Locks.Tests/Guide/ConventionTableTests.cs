using Ops.Contracts;
using Ops.Locks.Tests.MailSystems;

namespace Ops.Locks.Tests.Guide;

/// <summary>The table of conventions says what the classifiers do: every declared file is made without an owner, and judged.</summary>
public sealed class ConventionTableTests
{
    // Longer than any age of any rule, and younger than the boot of the host below.
    private static readonly TimeSpan Huge = TimeSpan.FromDays(300);
    private static readonly HostFacts Host = Given.Host() with { BootedAt = Given.Now.AddDays(-1000) };

    private static readonly string[] Texts = ["", "0", "0\n", "0\0", "data\n", "From x\n\n", "no pid\n", "                           20912\n", "imap\tlocalhost [127.0.0.1]\tfred\t\tAppend\n"];
    private static readonly uint[] Modes = [Look.Octal(600), 0, Look.Octal(444), Look.Octal(644), Look.Octal(755)];

    public static TheoryData<string, string> Everything()
    {
        TheoryData<string, string> rows = [];
        foreach (var system in Locks.MailSystems.All)
        {
            foreach (var convention in system.Conventions)
                rows.Add(system.Name, convention.Form);
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void An_ownerless_file_is_judged_as_the_table_says(string system, string form)
    {
        foreach (var convention in Locks.MailSystems.All.Single(s => s.Name == system).Conventions.Where(c => c.Form == form))
        {
            var rules = ConventionTable.RulesOf(convention);
            var made = Artefacts(convention).ToList();
            // What always names its owner cannot be made without one; everything else can.
            Assert.Equal(rules.Count > 0, made.Count > 0);
            var asSaid = rules.Count == 0;
            foreach (var artefact in made)
            {
                var fits = ConventionMatcher.Fitting(artefact.Matches, artefact.File).Select(m => m.Convention).ToList();
                var rule = OwnerlessRule.Of(fits, artefact.File);
                // A name that other systems use too is judged by the most cautious of them.
                Assert.True(rules.Contains(rule) || fits.Exists(f => !ReferenceEquals(f, convention)), $"{artefact.File.Path.Display}: {rule}");
                asSaid |= rules.Contains(rule);
                Compare(rule, artefact);
            }
            Assert.True(asSaid, "no file of this convention is judged by the rule in the table");
        }
    }

    [Theory]
    [InlineData("libguestfs", ".guestfs-UID/appliance.d.XXXXXXXX/")]
    [InlineData("dovecot", "dovecot-uidlist.tmp")]
    public void A_file_with_a_guard_is_said_to_have_one(string system, string form)
    {
        var row = ConventionTable.Rows().Single(r => r.System == system && r.Form == form);
        Assert.Equal("holder of the lock that guards it", row.Owner);
        Assert.EndsWith("while no process holds the lock that guards it", row.Ownerless, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_is_whole_and_its_words_are_those_of_findings()
    {
        Assert.Equal(Locks.MailSystems.All.Sum(s => s.Conventions.Count), ConventionTable.Rows().Count);
        var kinds = Enum.GetValues<ArtefactKind>().Select(Words.Of).ToHashSet();
        Assert.All(ConventionTable.Rows(), r =>
        {
            Assert.Contains(r.Kind, kinds);
            Assert.Contains(r.Offered, new[] { "break", "remove", "nothing" });
            Assert.All([r.Form, r.What, r.Owner, r.Ownerless, r.OwnRule, r.Source], Assert.NotEmpty);
        });
    }

    [Fact]
    public void What_is_never_offered_without_an_owner_and_names_none_is_said_to_be_refused_or_no_lock() =>
        Assert.All(ConventionTable.Rows().Where(r => r.Owner == "nowhere" && r.Offered == "nothing"), r =>
            Assert.Matches("^(refused: .+|not a lock|stale after .+)$", r.Ownerless));

    private static void Compare(OwnerlessRule rule, ArtefactFacts artefact)
    {
        var mailbox = Given.Mailbox() with { Path = ArtefactClassifier.SubjectOf(artefact.File.Path) ?? FilePath.FromText("/x") };
        foreach (var (subject, hasMailbox) in new (FileFacts?, bool)[] { (mailbox, true), (null, false) })
        {
            var verdict = ArtefactClassifier.Classify(artefact with { Subject = subject }, Host, JudgingOptions.Default);
            if (verdict is null)
                continue; // a directory with something in it: that is the find
            var expected = rule.NeedsMailbox && !hasMailbox ? VerdictWord.Refused : rule.Word;
            Assert.True(expected == verdict.Word, $"{artefact.File.Path.Display} ({(hasMailbox ? "with" : "without")} mailbox): the table says {expected}, the verdict is {verdict.Word}. {verdict.Summary}");
            // Younger than its rule, by one clock: never anything but refused.
            if (rule.After is not { } after)
                continue;
            var young = artefact with { Subject = subject, File = artefact.File with { ModifiedAt = FileTime.From(Given.Now - after + TimeSpan.FromSeconds(1)) } };
            Assert.Equal(VerdictWord.Refused, ArtefactClassifier.Classify(young, Host, JudgingOptions.Default)!.Word);
        }
    }

    /// <summary>Files of this convention that name nobody, at its paths in the tables of names, with every content and mode that looks right.</summary>
    private static IEnumerable<ArtefactFacts> Artefacts(Convention convention)
    {
        foreach (var path in NameRow.Rows().Select(r => NameRow.PathOf(r.Path)).Distinct())
        {
            var matches = ConventionMatcher.Match(NameRow.PlaceOf(path), path);
            if (!IsAmong(matches, convention))
                continue;
            foreach (var file in Files(convention, path).Where(f => NamesNobody(convention, matches, f) && IsAmong(ConventionMatcher.Fitting(matches, f), convention)))
                yield return InOwnDirectory(convention, file, matches);
        }
    }

    private static ArtefactFacts InOwnDirectory(Convention convention, FileFacts file, IReadOnlyList<ConventionMatch> matches)
    {
        var directory = Given.Directory(file.Path.Parent.Text, Look.Octal(755));
        var uid = (convention as StagingFile)?.RequiredUid(directory.Path.NameLatin1) ?? 0;
        return new ArtefactFacts(file with { Uid = uid }, directory with { Uid = uid }, Given.Disk, matches, [], null, [], convention is StagingFile { IsDirectory: true } ? [] : null);
    }

    // By reference: records that are equal may be declared twice, for two places.
    private static bool IsAmong(IReadOnlyList<ConventionMatch> matches, Convention convention) => matches.Any(m => ReferenceEquals(m.Convention, convention));

    private static IEnumerable<FileFacts> Files(Convention convention, FilePath path)
    {
        if (convention is StagingFile { IsDirectory: true } or StagingFile { IsSocket: true })
        {
            yield return Aged(FilesFor.Of(path, convention is StagingFile { IsDirectory: true } ? FileKind.Directory : FileKind.Socket));
            yield break;
        }
        if (convention is NotALock or LookAlike { MayBeDirectory: true })
            yield return Aged(FilesFor.Of(path, FileKind.Directory));
        foreach (var text in Texts)
        {
            foreach (var mode in Modes)
                yield return Aged(FilesFor.Regular(path, System.Text.Encoding.Latin1.GetBytes(text), mode));
        }
    }

    private static FileFacts Aged(FileFacts file)
    {
        var time = FileTime.From(Given.Now - Huge);
        return file with { AccessedAt = time, ModifiedAt = time, ChangedAt = time, BornAt = time, Uid = 0, MountId = (ulong)Given.Disk.Id };
    }

    private static bool NamesNobody(Convention convention, IReadOnlyList<ConventionMatch> matches, FileFacts file) => convention switch
    {
        StagingFile { NamesOwner: true } => false,
        DotLock => matches.Select(m => m.Convention).OfType<DotLock>().All(d => !d.Looks(file) || d.ReadHolder(file.Content) is null),
        PidFile pidFile => pidFile.ReadHolder(file.Content) is null,
        _ => true,
    };
}

using System.Globalization;

namespace Ops.Locks.Tests.MailSystems;

public sealed class LooksTests
{
    private static readonly FilePath Lock = FilePath.FromText("/var/mail/u1.lock");

    public static TheoryData<string, string, string, string> Rows()
    {
        TheoryData<string, string, string, string> rows = [];
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", "dot-locks", "looks.tsv")).Where(l => !l.StartsWith('#')))
        {
            var fields = line.Split('\t');
            rows.Add(fields[0], fields[1], fields[2], fields[3]);
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Text_and_mode_of_a_lock_show_which_program_can_have_made_it(string text, string mode, string systems, string reason)
    {
        var file = FilesFor.Regular(Lock, NameRow.Unescape(text), Look.Octal(uint.Parse(mode, CultureInfo.InvariantCulture)));
        var fits = ConventionMatcher.Fitting(ConventionMatcher.Match(NameRow.PlaceOf(Lock), Lock), file);
        Assert.True(systems == (fits.Count == 0 ? "nobody" : string.Join(' ', fits.Select(f => f.System.Name))), $"{reason}: {string.Join(' ', fits.Select(f => f.System.Name))}");
    }

    [Theory]
    [InlineData(FileKind.SymbolicLink)]
    [InlineData(FileKind.Fifo)]
    [InlineData(FileKind.Socket)]
    [InlineData(FileKind.Directory)]
    [InlineData(FileKind.CharacterDevice)]
    [InlineData(FileKind.BlockDevice)]
    [InlineData(FileKind.Unknown)]
    public void Nothing_but_a_regular_file_looks_like_a_lock(FileKind kind) => Assert.DoesNotContain(Fitting(FilesFor.Of(Lock, kind)), f => f.Convention is not LookAlike);

    [Fact]
    public void Text_that_could_not_be_read_looks_like_nothing() =>
        Assert.Empty(Fitting(FilesFor.With(Lock, FileKind.Regular, 9, Look.Octal(600), FileContent.NotRead("EACCES"))));

    [Fact]
    public void An_empty_lock_need_not_be_read() =>
        Assert.Contains(Fitting(FilesFor.With(Lock, FileKind.Regular, 0, 0, FileContent.NotRead("EACCES"))), f => f.System.Name == "postfix");

    [Theory]
    [InlineData(4096)]
    [InlineData(65537)]
    [InlineData(1 << 30)]
    public void Noise_and_giants_look_like_nothing(long size)
    {
        var content = new byte[Math.Min(size, FileContent.Limit)];
        new Random(1).NextBytes(content);
        Assert.Empty(Fitting(FilesFor.With(Lock, FileKind.Regular, size, Look.Octal(600), new FileContent(content, null))));
    }

    [Theory]
    [InlineData("/home/u/Maildir/dovecot-uidlist.lock", "4711:mx1", "dovecot")]
    [InlineData("/home/u/Maildir/dovecot-uidlist.lock", "", "dovecot")]
    [InlineData("/home/u/Maildir/subscriptions.lock", "INBOX\nSent\n", "dovecot")]
    [InlineData("/home/u/Maildir/subscriptions.lock", "", "dovecot")]
    [InlineData("/home/u/Maildir/dovecot-acl.lock", "1:user=bob lr", "dovecot")]
    [InlineData("/home/u/Maildir/dovecot-vsize.lock", "", "dovecot")]
    [InlineData("/home/u/Maildir/tmp/courier.lock", "4711:mx1", "courier")]
    [InlineData("/run/cyrus/lock/q/*U*fred.lock", "", "cyrus")]
    [InlineData("/home/u/.fdm.lock", "", "fdm")]
    public void A_name_that_one_system_alone_writes_is_of_no_other(string path, string text, string system)
    {
        var file = FilesFor.Regular(FilePath.FromText(path), NameRow.Unescape(text), Look.Octal(600));
        Assert.Equal([system], Fitting(file).Select(f => f.System.Name).Distinct());
    }

    [Theory]
    [InlineData("/var/mail/u1.mx1.20912", "", "0", "mutt")]
    [InlineData("/var/mail/u1.mx1.20912", "", "600", "")]
    [InlineData("/var/mail/u1.mx1.20912", "From x\n\n", "600", "")]
    [InlineData("/var/mail/u1.1795246035.mx1.20912", "From x\n\n", "600", "python-mailbox")]
    [InlineData("/var/mail/u1.lock.1795246035.mx1.20912", "", "600", "python-mailbox")]
    [InlineData("/var/mail/u1.lock.1795246035.20912.mx1", "", "600", "uw-imap courier")]
    [InlineData("/var/mail/u1.lock.1795246035.20912.mx1", "20912:mx1", "600", "courier")]
    [InlineData("/var/mail/u1.lock.1795246035.20912.mx1", "From x\n\n", "600", "")]
    [InlineData("/var/mail/u1.20912.1795246035.mx1", "", "600", "mailutils")]
    [InlineData("/var/mail/u1.20912.1795246035.mx1", "From x\n\n", "600", "")]
    [InlineData("/var/mail/20912.1795246035.0.mx1", "20912\n", "600", "maildrop")]
    [InlineData("/var/mail/20912.1795246035.0.mx1", "", "600", "maildrop")]
    [InlineData("/var/mail/20912.0.mx1", "20912\n", "600", "maildrop")]
    [InlineData("/var/mail/20912.0.mx1", "20913\n", "600", "")]
    [InlineData("/var/mail/2026.11.report", "", "600", "")]
    [InlineData("/var/mail/2026.11.report", "some figures\n", "600", "")]
    [InlineData("/var/mail/_HWC.TfUArB.H", "0", "444", "procmail")]
    [InlineData("/var/mail/muAb01Zz", "From x\n\n", "600", "mailutils")]
    [InlineData("/var/mail/mustafas", "From x\n\n", "600", "")]
    [InlineData("/var/mail/mub01zz9", "From x\n\n", "600", "mailutils")]
    [InlineData("/var/mail/.lk20912amx1", "20912\n", "644", "liblockfile")]
    [InlineData("/var/mail/.lk20912amx1", "From x\n\nsomething longer than a lock says\n", "600", "")]
    [InlineData("/var/spool/postfix/incoming/A1B2C3D4E5", "", "600", "postfix")]
    [InlineData("/run/cyrus/proc/20912", "imap\\tlocalhost [127.0.0.1]\\tfred\\t\\tAppend\\n", "644", "cyrus")]
    [InlineData("/run/cyrus/proc/20912", "host.example [192.0.2.7]\\tfred\\tINBOX\\n", "644", "cyrus")]
    [InlineData("/home/u/Mail/proc/20912", "From: a@lab.example\\nSubject: x\\n\\ntext\\n", "600", "")]
    [InlineData("/home/u/Mail/proc/20912", "From: a@lab.example\\n", "600", "")]
    [InlineData("/home/u/Mail/proc/20912", "", "600", "")]
    [InlineData("/tmp/guestfs.q7Xk2P", "a file, no directory", "600", "")]
    [InlineData("/var/lib/postfix/master.lock", "                           20912\\n", "600", "postfix")]
    [InlineData("/x/lock/a/fred.lock", "20912:mx1", "600", "dovecot courier")]
    public void A_name_that_fits_by_chance_is_recognised_by_its_looks(string path, string text, string mode, string systems)
    {
        var file = FilesFor.Regular(FilePath.FromText(path), NameRow.Unescape(text), Look.Octal(uint.Parse(mode, CultureInfo.InvariantCulture)));
        Assert.Equal(systems, string.Join(' ', Fitting(file).Select(f => f.System.Name).Distinct()));
    }

    [Theory]
    [InlineData("kernel.1234", true)]
    [InlineData("kernel.4194304", true)]
    [InlineData("kernel.4194305", false)]
    [InlineData("kernel.9999999", false)]
    public void A_pid_that_no_kernel_gives_out_makes_a_look_alike(string name, bool isLink)
    {
        var file = FilesFor.Of(FilePath.FromText("/var/tmp/.guestfs-61001").Join(name), FileKind.Regular);
        var fit = Assert.Single(Fitting(file));
        Assert.Equal(isLink, fit.Convention is StagingFile);
        Assert.Equal(!isLink, fit.Convention is LookAlike);
    }

    [Fact]
    public void A_post_of_procmail_is_distinguished_from_its_message_by_size()
    {
        var path = FilePath.FromText("/home/u/_HWC.TfUArB.H");
        Assert.False(Assert.IsType<StagingFile>(Assert.Single(Fitting(FilesFor.Regular(path, "0"u8.ToArray(), Look.Octal(444)))).Convention).MayHoldMail);
        Assert.False(Assert.IsType<StagingFile>(Assert.Single(Fitting(FilesFor.Regular(path, [], Look.Octal(444)))).Convention).MayHoldMail);
        Assert.True(Assert.IsType<StagingFile>(Assert.Single(Fitting(FilesFor.Regular(path, "From x\n\n"u8.ToArray(), Look.Octal(600)))).Convention).MayHoldMail);
    }

    [Theory]
    [InlineData("/var/mail/u1.1795246035.mx1.20912")]
    [InlineData("/var/mail/muAb01Zz")]
    [InlineData("/var/mail/BOGUS.alice.AbC")]
    [InlineData("/tmp/mutt-mx1-1000-20912-1234567890")]
    [InlineData("/tmp/mutt.alice-mx1-20912")]
    [InlineData("/x/cyrus.cache.NEW")]
    [InlineData("/var/spool/mqueue/QfuBL9x1Ab020912")]
    public void What_may_be_the_only_copy_of_mail_is_never_an_orphan(string path)
    {
        var file = FilesFor.Regular(FilePath.FromText(path), "From x\n\n"u8.ToArray(), Look.Octal(600));
        Assert.NotEmpty(Fitting(file));
        Assert.All(Fitting(file), f => Assert.IsType<NotALock>(f.Convention));
    }

    [Theory]
    [InlineData("600", false)]
    [InlineData("400", false)]
    [InlineData("700", true)]
    [InlineData("744", true)]
    public void A_message_that_postfix_has_not_received_completely_is_recognised_by_its_mode(string mode, bool isOrdinary)
    {
        var file = FilesFor.Regular(FilePath.FromText("/var/spool/postfix/incoming/A1B2C3D4E5"), "C"u8.ToArray(), Look.Octal(uint.Parse(mode, CultureInfo.InvariantCulture)));
        Assert.Equal(!isOrdinary, Fitting(file).Any(f => f.Convention is NotALock { IsOrdinary: false }));
    }

    [Fact]
    public void A_message_that_postfix_receives_is_held_by_the_process_that_writes_it()
    {
        var file = Given.File("/var/spool/postfix/incoming/A1B2C3D4E5", "C", Look.Octal(600));
        var cleanup = Given.Process(77, command: "cleanup");
        var verdict = ArtefactClassifier.Classify(Given.Artefact(file), Given.Host([cleanup], open: [Given.Open(file, cleanup)]), JudgingOptions.Default)!;
        Assert.Equal((VerdictWord.Held, 77), (verdict.Word, verdict.Owner.Pid));
        Assert.Contains("not received completely", verdict.Summary, StringComparison.Ordinal);
        Assert.Contains("not received completely", ArtefactClassifier.Classify(Given.Artefact(file), Given.Host(), JudgingOptions.Default)!.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_holds_data_is_never_broken()
    {
        foreach (var name in new[] { "subscriptions.lock", "dovecot-keywords.lock", "dovecot-acl.lock", ".dovecot.lda-dupes.lock", "dovecot.index.log.newlock", "instances.lock" })
        {
            var file = FilesFor.Regular(FilePath.FromText("/home/u/Maildir").Join(name), "4711:mx1"u8.ToArray(), Look.Octal(600));
            var fit = Assert.IsType<DotLock>(Assert.Single(Fitting(file)).Convention);
            Assert.Null(fit.Write);
            Assert.Null(fit.ReadHolder(file.Content));
        }
    }

    private static IReadOnlyList<ConventionMatch> Fitting(FileFacts file) =>
        ConventionMatcher.Fitting(ConventionMatcher.Match(NameRow.PlaceOf(file.Path), file.Path), file);
}

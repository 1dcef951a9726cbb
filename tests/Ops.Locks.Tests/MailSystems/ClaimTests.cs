namespace Ops.Locks.Tests.MailSystems;

public sealed class ClaimTests
{
    [Theory]
    [InlineData("mx1", "mx1", true)]
    [InlineData("MX1", "mx1", true)]
    [InlineData("mx1", "mx1.lab.example", false)]
    [InlineData("mx1.lab.example", "mx1", false)]
    [InlineData("mx", "mx1", false)]
    [InlineData("mx1", "mx10", false)]
    [InlineData("", "mx1", false)]
    public void A_host_in_full_is_compared_in_full(string written, string host, bool names) =>
        Assert.Equal(names, new OwnerClaim(1, written).Names(host));

    [Theory]
    [InlineData("mx1", "mx1.lab.example", true)]
    [InlineData("mx1", "mx1", true)]
    [InlineData("mx1", "mx10.lab.example", false)]
    [InlineData("mx1.lab.example", "mx1.lab.example", false)]
    [InlineData("", "mx1", false)]
    public void A_short_host_is_compared_up_to_the_first_dot(string written, string host, bool names) =>
        Assert.Equal(names, new OwnerClaim(1, written, HostIsShort: true).Names(host));

    [Theory]
    [InlineData("a-very-long-hostn", "a-very-long-hostname.lab.example", true)]
    [InlineData("a-very-long-hostn", "a-very-long-hostn", true)]
    [InlineData("a-very-long-hostn", "a-very-long-host", false)]
    [InlineData("a-very-long-hostn", "another-host", false)]
    [InlineData("", "mx1", false)]
    public void A_cut_host_is_compared_as_a_prefix(string written, string host, bool names) =>
        Assert.Equal(names, new OwnerClaim(1, written, HostIsTruncated: true).Names(host));

    [Theory]
    [InlineData("mail-1", "mail-10.lab.example", true)]
    [InlineData("mail-10.", "mail-10.lab.example", false)]
    public void A_cut_short_host_ends_before_the_first_dot(string written, string host, bool names) =>
        Assert.Equal(names, new OwnerClaim(1, written, HostIsTruncated: true, HostIsShort: true).Names(host));

    [Fact]
    public void A_claim_without_host_names_none() => Assert.False(new OwnerClaim(1).Names("mx1"));

    [Theory]
    [InlineData("HWC", 9607)]
    [InlineData("UXC", 9684)]
    [InlineData("B", 1)]
    [InlineData("_", 63)]
    [InlineData("-", 62)]
    [InlineData("AB", 64)]
    [InlineData("AAAQ", 4194304)]
    [InlineData("BAAQ", null)]
    [InlineData("A", null)]
    [InlineData("", null)]
    [InlineData("H!C", null)]
    [InlineData("AAAAAAAAAAAAAAA", null)]
    public void A_pid_in_procmails_base_64_begins_with_the_last_figure(string figures, int? pid) => Assert.Equal(pid, NameText.ProcmailPid(figures));

    [Fact]
    public void A_time_in_procmails_base_64() => Assert.Equal(1795246035, NameText.ProcmailTime("TfUArB")?.ToUnixTimeSeconds());

    [Theory]
    [InlineData("0007RJ", 28601)]
    [InlineData("000000007RJ", 28601)]
    [InlineData("00000z", 61)]
    [InlineData("00000A", 10)]
    [InlineData("000010", 62)]
    [InlineData("000000", null)]
    [InlineData("zzzzzz", null)]
    [InlineData("zzzzzzzzzzz", null)]
    [InlineData("0007-J", null)]
    public void A_pid_in_exims_base_62_begins_with_the_first_figure(string figures, int? pid) => Assert.Equal(pid, NameText.EximPid(figures));

    [Theory]
    [InlineData("00006fbb", 28603)]
    [InlineData("00400000", 4194304)]
    [InlineData("00400001", null)]
    [InlineData("ffffffff", null)]
    [InlineData("00000000", null)]
    [InlineData("", null)]
    public void A_pid_in_hexadecimal(string figures, int? pid) => Assert.Equal(pid, NameText.HexPid(figures));

    [Theory]
    [InlineData("1795246035", 1795246035L)]
    [InlineData("0", null)]
    [InlineData("99999999999", null)]
    [InlineData("-1", null)]
    [InlineData("", null)]
    public void A_time_is_one_that_a_clock_could_have_shown(string figures, long? seconds) => Assert.Equal(seconds, NameText.Time(figures)?.ToUnixTimeSeconds());

    [Theory]
    [InlineData("      4711\n", 4711)]
    [InlineData("0000004711\n", 4711)]
    [InlineData("4711", 4711)]
    [InlineData("      4711 minicom root\n", 4711)]
    [InlineData("4711minicom\n", null)]
    [InlineData("\x67\x12\0\0", null)]
    [InlineData("-4711\n", null)]
    [InlineData("         0\n", null)]
    [InlineData("", null)]
    public void A_device_lock_begins_with_the_pid(string text, int? pid) =>
        Assert.Equal(pid, LockText.Device(FileContent.Of(System.Text.Encoding.Latin1.GetBytes(text)))?.Pid);

    [Fact]
    public void The_uid_comes_from_the_name_of_the_cache()
    {
        var path = FilePath.FromText("/var/tmp/.guestfs-61001/kernel.1234");
        var link = ConventionMatcher.Match(NameRow.PlaceOf(path), path).Select(m => m.Convention).OfType<StagingFile>().Single();
        Assert.Equal(61001u, link.RequiredUid(".guestfs-61001"));
        Assert.Null(link.RequiredUid(".guestfs-99999999999"));
        Assert.Null(link.RequiredUid(".guestfs-01"));
        Assert.Null(link.RequiredUid("elsewhere"));
    }

    [Theory]
    [InlineData("/var/mail/u1.lock.mx1.6b0145c7.00006fbb", "u1.lock")]
    [InlineData("/var/mail/u1.lock.1795246035.20912.mx1", "u1.lock")]
    [InlineData("/var/mail/u1.lock.1795246035.mx1.20912", "u1.lock")]
    [InlineData("/var/mail/u1.mx1.20912", "u1.lock")]
    [InlineData("/var/mail/u1.20912.1795246035.mx1", "u1.lock")]
    [InlineData("/var/mail/u1.lock0aB1cD2eF3gH4iJ5mx1", "u1.lock")]
    [InlineData("/x/list.lck|mx1|20912|123", "list.lck")]
    [InlineData("/var/mail/_HWC.TfUArB.H", null)]
    [InlineData("/var/mail/.lk00042amx1", null)]
    public void A_hitching_post_may_give_the_name_of_its_lock(string path, string? name)
    {
        var file = FilePath.FromText(path);
        var names = ConventionMatcher.Match(NameRow.PlaceOf(file), file).Where(m => m.Convention is StagingFile)
            .Select(m => ((StagingFile)m.Convention).LockName(m.Match)).ToList();
        Assert.NotEmpty(names);
        Assert.Contains(name, names);
    }

    [Fact]
    public void The_writer_of_a_new_uidlist_holds_the_uidlists_lock()
    {
        var path = FilePath.FromText("/home/u/Maildir/dovecot-uidlist.tmp");
        var match = ConventionMatcher.Match(NameRow.PlaceOf(path), path).Single(m => m.Convention is StagingFile);
        Assert.Equal("dovecot-uidlist.lock", ((StagingFile)match.Convention).Guard(match.Match));
    }
}

using System.Text;

namespace Ops.Locks.Tests.Parsing;

/// <summary>What Cyrus 2.3 to 3.13 writes into its <c>proc</c> files, and Dovecot 2.3 and 2.4 say of sessions.</summary>
public sealed class SessionTextTests
{
    [Theory]
    [InlineData("localhost [127.0.0.1]\talice\tuser.alice\n", null, "user.alice")]
    [InlineData("localhost [127.0.0.1]\talice\n", null, null)]
    [InlineData("imap\tlocalhost [127.0.0.1]\talice\tuser.alice\tStore\n", "imap", "user.alice")]
    [InlineData("imap\tlocalhost [127.0.0.1]\talice\t\t\n", "imap", null)]
    [InlineData("pop3\t[127.0.0.1]\talice\tuser.alice\tretr\tbob\t[192.0.2.9]\n", "pop3", "user.alice")]
    public void A_file_of_Cyrus_names_user_address_service_and_mailbox(string text, string? service, string? mailbox) =>
        Assert.Equal(new MailSession("cyrus", "alice", "127.0.0.1", service, mailbox, "file"), Cyrus(text));

    [Theory]
    [InlineData("imap\tmail.example.org [2001:db8::7]\talice\t\t\n", "2001:db8::7")]
    [InlineData("imap\t192.0.2.7\talice\t\t\n", null)]
    [InlineData("imap\t[192.0.2.7] x\talice\t\t\n", null)]
    [InlineData("imap\t[7]\talice\t\t\n", null)]
    [InlineData("imap\t[unix socket]\talice\t\t\n", null)]
    public void Only_an_address_is_an_address(string text, string? address) => Assert.Equal(address, Cyrus(text)!.Address);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("localhost [127.0.0.1]\n")]
    [InlineData("imap\tlocalhost [127.0.0.1]\t\t\t\n")]
    [InlineData("imap\tlocalhost [127.0.0.1]\talice\tuser.alice\n")]
    [InlineData("imap\tlocalhost [127.0.0.1]\talice\t\t")]
    [InlineData("localhost [127.0.0.1]\tal\nlocalhost [127.0.0.1]\tbob\n")]
    [InlineData("imap\t[127.0.0.1]\tal\u001b[2Jice\t\t\n")]
    [InlineData("imap\t[127.0.0.1]\tal\u202eice\t\t\n")]
    [InlineData("imap\t[127.0.0.1]\t\u00ff\t\t\n", true)]
    public void What_is_no_whole_line_of_a_logged_in_user_names_no_one(string text, bool isLatin1 = false) =>
        Assert.Null(CyrusProcFile.Parse((isLatin1 ? Encoding.Latin1 : Encoding.UTF8).GetBytes(text), "file"));

    [Fact]
    public void A_file_that_is_too_long_or_a_name_that_is_names_no_one()
    {
        Assert.Null(Cyrus($"imap\t[127.0.0.1]\talice\t\t{new string('x', CyrusProcFile.LongestBytes)}\n"));
        Assert.Null(Cyrus($"imap\t[127.0.0.1]\t{new string('a', 257)}\t\t\n"));
    }

    [Theory]
    [InlineData("configdirectory: /var/lib/cyrus\n", "/var/lib/cyrus/proc")]
    [InlineData("# proc_path: /no\n configdirectory :/var/lib/cyrus/\r\nproc_path: /run/cyrus/proc\n", "/run/cyrus/proc")]
    [InlineData("proc_path: {configdirectory}/p\nconfigdirectory: /var/imap", "/var/imap/p")]
    [InlineData("proc_path: proc\n", null)]
    [InlineData("proc_path: /\n", null)]
    [InlineData("", null)]
    public void The_configuration_of_Cyrus_says_where_they_are(string text, string? directory) => Assert.Equal(directory, CyrusConfig.ProcDirectory(text));

    [Theory]
    [InlineData("""[{"username":"alice","service":"imap","pid":"42","ip":"192.0.2.7"},{"username":"bob","service":"pop3","pid":"43","ip":""}]""")]
    [InlineData("""[{"username":"alice","service":"imap","pid":42,"ip":"192.0.2.7","dest_ip":"192.0.2.1","userdb_x":""},{"username":"bob","service":"pop3","pid":43,"ip":"","dest_ip":""}]""")]
    public void A_listing_of_Dovecot_names_the_user_of_each_process(string json)
    {
        var sessions = DovecotWho.Parse(json, "who")!;

        Assert.Equal(new MailSession("dovecot", "alice", "192.0.2.7", "imap", null, "who"), sessions[42]);
        Assert.Equal(new MailSession("dovecot", "bob", null, "pop3", null, "who"), sessions[43]);
    }

    [Fact]
    public void A_process_of_several_users_names_none_and_one_user_of_several_places_no_place()
    {
        var sessions = DovecotWho.Parse("""
            [{"username":"alice","service":"imap","pid":"42","ip":"192.0.2.7"},{"username":"bob","service":"imap","pid":"42","ip":"192.0.2.7"},{"username":"alice","service":"imap","pid":"42","ip":"192.0.2.7"},
             {"username":"carol","service":"imap","pid":"44","ip":"192.0.2.7"},{"username":"carol","service":"imap","pid":"44","ip":"192.0.2.8"}]
            """, "who")!;

        Assert.Equal([44], sessions.Keys);
        Assert.Equal(("carol", null), (sessions[44].User, sessions[44].Address));
    }

    [Theory]
    [InlineData("")]
    [InlineData("doveadm(root): Error: net_connect_unix(/run/dovecot/anvil) failed")]
    [InlineData("{}")]
    [InlineData("[{\"username\":\"\\ud800\",\"pid\":\"42\"}]")]
    [InlineData("[{\"username\":\"alice\",\"pid\":\"42\"}")]
    public void What_is_no_listing_is_none(string json) => Assert.Null(DovecotWho.Parse(json, "who"));

    [Theory]
    [InlineData("[]")]
    [InlineData("[1,null,[],{}]")]
    [InlineData("[{\"username\":7,\"pid\":\"42\"},{\"username\":\"\",\"pid\":\"43\"},{\"username\":\"a\\tb\",\"pid\":\"44\"},{\"username\":\"alice\",\"pid\":\"-1\"},{\"username\":\"alice\",\"pid\":4.2}]")]
    public void What_makes_no_sense_in_a_listing_names_no_one(string json) => Assert.Empty(DovecotWho.Parse(json, "who")!);

    [Theory]
    [InlineData("dovecot/imap [alice 192.0.2.7 IDLE]", "imap")]
    [InlineData("dovecot/imap [alice 192.0.2.7]", "imap")]
    [InlineData("dovecot/imap [alice 192.0.2.7 UID FETCH - 7 bytes waiting corked]", "imap")]
    [InlineData("pop3 [alice 192.0.2.7 (deinit)]", "pop3")]
    public void A_title_of_Dovecot_names_user_and_address(string title, string service) =>
        Assert.Equal(new MailSession("dovecot", "alice", "192.0.2.7", service, null, "title"), DovecotTitle.Parse([title], "title"));

    [Theory]
    [InlineData("dovecot/imap")]
    [InlineData("dovecot/imap [idling]")]
    [InlineData("dovecot/imap [3 connections]")]
    [InlineData("dovecot/imap [alice IDLE]")]
    [InlineData("dovecot/imap [alice 192.0.2.7 ID")]
    // A user whose name says that he is another, from another place.
    [InlineData("dovecot/imap [bob 192.0.2.9 IDLE 192.0.2.7 IDLE]")]
    [InlineData("dovecot/imap [192.0.2.9 192.0.2.7 IDLE]")]
    [InlineData("dovecot/imap [bob 192.0.2.9] [alice 192.0.2.7 IDLE]")]
    [InlineData("dovecot/imap [al\\u{202e}ice 192.0.2.7 IDLE]")]
    public void A_title_that_may_mean_another_names_no_one(string title) => Assert.Null(DovecotTitle.Parse([title], "title"));

    [Fact]
    public void Arguments_are_no_title() => Assert.Null(DovecotTitle.Parse(["dovecot/imap [alice 192.0.2.7]", "x"], "title"));

    private static MailSession? Cyrus(string text) => CyrusProcFile.Parse(Encoding.UTF8.GetBytes(text), "file");
}

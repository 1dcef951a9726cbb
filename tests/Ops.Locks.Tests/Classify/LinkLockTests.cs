using System.Text;

namespace Ops.Locks.Tests.Classify;

/// <summary>Locks that are symbolic links: the text names the owner.</summary>
public sealed class LinkLockTests
{
    private const string Profile = "/home/u/.thunderbird/a1.default/lock";
    private const string Edited = "/home/u/Mail/.#inbox";
    private const string Link = "/var/lib/dm/send_mail.lock";

    private static Verdict? Judge(string path, string text, HostFacts? host = null, TimeSpan? age = null, Mount? mount = null) =>
        ArtefactClassifier.Classify(
            Given.Artefact(Given.File(path, "", kind: FileKind.SymbolicLink, age: age, mount: mount) with { LinkTarget = Encoding.Latin1.GetBytes(text) },
                directory: Given.Directory(Path.GetDirectoryName(path)!), mount: mount),
            host ?? Given.Host(), JudgingOptions.Default);

    private static long Boot(TimeSpan? off = null) => (Given.BootedAt + (off ?? TimeSpan.Zero)).ToUnixTimeSeconds();

    [Theory]
    [InlineData(Profile, "192.0.2.7:+4242")]
    [InlineData(Profile, "127.0.1.1:4242")]
    [InlineData(Edited, "u@mail1.4242")]
    [InlineData(Link, "mail1-7f3a2b10.4242-482910293")]
    [InlineData(Link, "mail1.4242-482910293")]
    public void A_link_lock_is_held_while_its_process_lives_and_stale_without_an_offer_afterwards(string path, string text)
    {
        var held = Judge(path, text, Given.Host([Given.Process(4242)]))!;
        Assert.Equal((VerdictWord.Held, 4242), (held.Word, held.Owner.Process!.Pid));

        var stale = Judge(path, text)!;
        Assert.Equal(VerdictWord.Stale, stale.Word);
        Assert.Empty(stale.Actions);
        Assert.Contains("Nothing is offered", stale.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Profile, "192.0.2.7:+7")]
    [InlineData(Edited, "u@mail1.7")]
    [InlineData(Link, "mail1-7f3a2b10.7-482910293")]
    public void A_number_that_a_process_in_a_container_carries_is_never_gone(string path, string text)
    {
        Assert.Equal(VerdictWord.Held, Judge(path, text, Given.Host([Given.Process(50007, nspids: [50007, 7])]))!.Word);
        Assert.Equal(VerdictWord.Refused, Judge(path, text, Given.Host([Given.Process(7, kernel: true)]))!.Word);
    }

    [Theory]
    [InlineData(Edited, "u@other.4242")]
    [InlineData(Link, "other-7f3a2b10.4242-482910293")]
    public void A_link_lock_of_another_host_is_left_alone(string path, string text) => Assert.Equal(VerdictWord.Refused, Judge(path, text)!.Word);

    [Fact]
    public void An_address_says_nothing_on_a_shared_file_system() => Assert.Equal(VerdictWord.Refused, Judge(Profile, "192.0.2.7:+4242", mount: Given.Nfs)!.Word);

    [Fact]
    public void A_link_lock_of_this_boot_counts_by_its_process()
    {
        Assert.Equal(VerdictWord.Held, Judge(Edited, $"u@mail1.4242:{Boot()}", Given.Host([Given.Process(4242)]))!.Word);
        Assert.Equal(VerdictWord.Stale, Judge(Edited, $"u@mail1.4242:{Boot()}")!.Word);
    }

    [Fact]
    public void A_link_lock_of_another_boot_is_gone_unless_a_process_of_that_number_is_old_enough()
    {
        var text = $"u@mail1.4242:{Boot(TimeSpan.FromDays(-40))}";
        Assert.Equal(VerdictWord.Stale, Judge(Edited, text)!.Word);
        Assert.Equal(VerdictWord.Stale, Judge(Edited, text, Given.Host([Given.Process(4242, Given.Now.AddMinutes(-1))]))!.Word);
        // The clock may have been set since Emacs read the boot time.
        Assert.Equal(VerdictWord.Refused, Judge(Edited, text, Given.Host([Given.Process(4242)]))!.Word);
    }

    [Theory]
    [InlineData(Profile, "../elsewhere/lock")]
    [InlineData(Profile, "192.0.2.7:+0")]
    [InlineData(Profile, "mail1:4242")]
    [InlineData(Edited, "inbox")]
    [InlineData(Edited, "u@mail1")]
    [InlineData(Edited, "u@mail1.99999999")]
    public void A_link_with_another_text_is_no_lock(string path, string text) => Assert.Null(Judge(path, text));

    [Theory]
    [InlineData("u@mail1.4242:1795240000", VerdictWord.Stale)]
    [InlineData("u@other.4242", VerdictWord.Refused)]
    [InlineData("another text", null)]
    public void Where_links_cannot_be_made_a_file_of_emacs_says_the_same(string text, VerdictWord? word) =>
        Assert.Equal(word, ArtefactClassifier.Classify(Given.Artefact(Given.File(Edited, text)), Given.Host(), JudgingOptions.Default)?.Word);

    [Fact]
    public void A_link_at_the_name_of_a_dot_lock_is_refused() => Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "/etc/passwd")!.Word);

    [Fact]
    public void A_young_link_lock_is_left_alone() => Assert.Equal(VerdictWord.Refused, Judge(Profile, "192.0.2.7:+4242", age: TimeSpan.FromSeconds(1))!.Word);

    [Fact]
    public void A_lock_of_mercurial_is_not_ours()
    {
        var verdict = Judge("/home/u/Mail/.hg/wlock", "mail1:4242")!;
        Assert.Equal((VerdictWord.Refused, "version-control"), (verdict.Word, verdict.System));
        Assert.Contains("not of mail", verdict.Summary, StringComparison.Ordinal);
    }
}

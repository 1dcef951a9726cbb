using Bunit;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

public sealed class HostTextTests : PageTest
{
    [Theory]
    [InlineData("/var/mail/bob\u202Egpj.lock", "/var/mail/bob\\u{202e}gpj.lock")]
    [InlineData("/tmp/a\nb", "/tmp/a\\nb")]
    [InlineData("/tmp/\u001b[2Jx", "/tmp/\\x1b[2Jx")]
    [InlineData("/tmp/a\u200bb", "/tmp/a\\u{200b}b")]
    [InlineData("/tmp/a\\x1b", "/tmp/a\\\\x1b")]
    [InlineData("/tmp/zwölf", "/tmp/zwölf")]
    public void A_hostile_name_is_shown_escaped(string path, string shown) =>
        Assert.Equal(shown, HostText.PathOf(Some.Finding("a") with { Path = path }));

    [Fact]
    public void The_bytes_distinguish_what_the_text_cannot()
    {
        var finding = Some.Finding("a") with { Path = "/tmp/\uFFFD", PathBytes = Convert.ToBase64String([.. "/tmp/"u8, 0xff]) };
        Assert.Equal("/tmp/\\xff", HostText.PathOf(finding));
        Assert.Equal("/tmp/\uFFFD", HostText.PathOf(finding with { PathBytes = "no base64!" }));
    }

    [Fact]
    public void A_sentence_that_the_agent_has_escaped_is_not_escaped_again_but_a_raw_one_is()
    {
        Assert.Equal("open: a\\x1b[m", HostText.Clean("open: a\\x1b[m"));
        Assert.Equal("open: a\\x1b\\n", HostText.Clean("open: a\u001b\n"));
    }

    [Fact]
    public void Markup_in_a_name_stays_text()
    {
        var path = Render<HostPath>(p => p.Add(x => x.Path, HostText.Escape("/tmp/<script>alert(1)</script>/\"onmouseover=x")));
        Assert.Empty(path.FindAll("script"));
        Assert.Contains("<script>alert(1)</script>", path.Find(".path").TextContent, StringComparison.Ordinal);
        Assert.Equal("/tmp/<script>alert(1)</script>/\"onmouseover=x", path.Find(".path").GetAttribute("title"));
    }

    [Theory]
    [InlineData("/srv/mail/example.org/bob/INBOX/cur", "/srv/mail/example.org/bob/|INBOX/|cur")]
    [InlineData("/var/mail/bob", "/var/|mail/|bob")]
    [InlineData("/mail/bob", "/mail/||bob")]
    [InlineData("bob", "||bob")]
    [InlineData("/srv/mail/a-folder-with-a-long-name-of-its-own/cur", "/srv/mail/a-folder-with-a-long-name-of-its-own/||cur")]
    public void The_last_two_names_of_a_path_stay_unless_the_parent_is_long(string whole, string parts)
    {
        var path = Render<HostPath>(p => p.Add(x => x.Path, whole));

        Assert.Equal(parts, string.Join('|', new[] { ".path-dir", ".path-parent", ".path-name" }.Select(c => path.Find(c).TextContent)));
        Assert.Equal(whole, path.Find(".path").TextContent);
    }

    [Fact]
    public void A_long_name_is_cut_in_the_middle_and_the_whole_stays_in_title_and_copy()
    {
        var name = new string('a', 100) + "." + new string('b', 100);
        var path = Render<HostPath>(p => p.Add(x => x.Path, "/var/mail/" + name).Add(x => x.Copy, true));
        var shown = path.Find(".path-name").TextContent;
        Assert.Equal(64, shown.Length);
        Assert.StartsWith("aaa", shown, StringComparison.Ordinal);
        Assert.EndsWith("bbb", shown, StringComparison.Ordinal);
        Assert.Equal("/var/mail/" + name, path.Find(".path").GetAttribute("title"));
        Assert.Equal("/var/mail/" + name, path.Find("button").GetAttribute("data-copy"));
    }

    [Fact]
    public void Cutting_never_splits_a_character_in_two()
    {
        var text = string.Concat(Enumerable.Repeat("😀", 40));
        for (var most = 8; most < 40; most++)
        {
            var cut = HostText.Shorten(text, most);
            Assert.True(cut.Length <= most);
            Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(cut)));
        }
    }

    [Fact]
    public void A_command_that_a_process_chose_is_escaped_in_its_card()
    {
        var process = new FindingProcess(1, 1, Guid.Empty, 0, "<b>\u202E", "sh -c \u001b[2J", null, null, null, null, "S", DateTimeOffset.UnixEpoch, [1]);
        var card = Render<ProcessCard>(p => p.Add(x => x.Process, process));
        Assert.Empty(card.FindAll("b"));
        Assert.Contains("<b>\\u{202e}", card.Find("strong").TextContent, StringComparison.Ordinal);
        Assert.Contains("\\x1b[2J", card.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("Session", card.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_is_shown_escaped_with_its_source()
    {
        var process = new FindingProcess(1, 1, Guid.Empty, 0, "imapd", "imapd", null, null, null, null, "S", DateTimeOffset.UnixEpoch, [1])
        {
            Session = new("cyrus", "al<b>\u202Eice", "192.0.2.7", "imap", "user.alice", "/run/cyrus/proc/1", DateTimeOffset.UnixEpoch),
        };
        var card = Render<ProcessCard>(p => p.Add(x => x.Process, process));
        Assert.Empty(card.FindAll("b"));
        Assert.Contains("al<b>\\u{202e}ice from 192.0.2.7, imap, mailbox user.alice by /run/cyrus/proc/1", card.Find("dl").TextContent, StringComparison.Ordinal);
    }
}

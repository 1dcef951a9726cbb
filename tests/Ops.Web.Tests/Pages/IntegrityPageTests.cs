using Bunit;
using Ops.Integrity;
using Ops.Web.Features.Integrity;
using Ops.Web.Live.Integrity;

namespace Ops.Web.Tests.Pages;

public sealed class IntegrityPageTests : PageTest
{
    private const string Root = "/var/spool/cyrus";
    private static readonly Guid AuditId = Guid.Parse("00000000-0000-0000-0000-0000000000a1");
    private static readonly StoreAuditProgress Run = new(AuditId, Root, "anna", Full: true, DateTimeOffset.UnixEpoch, "first-look", 12, 40, null, 300, 20, 5_000_000, 1_000_000, 50, 90);

    public IntegrityPageTests() => Live.ChangeStatus(HostId, s => s with { Capabilities = [Hello.AuditsStores], Audits = new(Guid.Empty, null) });

    [Fact]
    public void A_store_that_was_never_audited_says_so_and_an_operator_can_start_one()
    {
        var page = Render<IntegrityPage>();

        Assert.Contains("Never audited", page.Find("tbody tr").TextContent, StringComparison.Ordinal);
        page.FindAll("tbody button").Single(b => b.TextContent.Trim() == "All bytes").Click();
        Assert.Equal([$"start {HostId} {Root} True"], Integrity.Asked);
    }

    [Fact]
    public void A_viewer_sees_the_stores_and_has_no_buttons()
    {
        Who.Role = "Viewer";
        Running();

        var page = Render<IntegrityPage>();

        Assert.Contains(Root, page.Find("tbody tr").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("tbody button, section[aria-label='Running audit'] button"));
    }

    [Fact]
    public void A_running_audit_shows_its_progress_keeps_others_from_starting_and_can_be_stopped()
    {
        Running();
        var page = Render<IntegrityPage>();

        var shown = page.Find("section[aria-label='Running audit']").TextContent;
        Assert.Contains("12 mailboxes (the last audit saw 40), 300 messages", shown, StringComparison.Ordinal);
        Assert.Contains("by the numbers of the last audit", shown, StringComparison.Ordinal);
        Assert.All(page.FindAll("tbody button"), b => Assert.True(b.HasAttribute("disabled")));
        Assert.Contains("one at a time", page.Find("tbody tr").TextContent, StringComparison.Ordinal);
        page.Find("section[aria-label='Running audit'] button").Click();
        Assert.Equal([$"stop {HostId} {AuditId}"], Integrity.Asked);
        Assert.Contains("This audit no longer runs.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_anything_to_compare_with_the_remaining_time_is_not_known()
    {
        Live.ChangeStatus(HostId, s => s with { Audits = new(Guid.Empty, Run with { RemainingSeconds = null, ExpectedMailboxes = null }) });

        Assert.Contains("not known", Render<IntegrityPage>().Find("section[aria-label='Running audit']").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void An_agent_that_is_too_old_is_named()
    {
        Live.ChangeStatus(HostId, s => s with { Capabilities = ["break"], Audits = null });
        Integrity.State = null;

        Assert.Contains("The agent of mail1 is too old to audit its stores.", Render<IntegrityPage>().Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Findings_have_their_evidence_and_a_link_to_the_mailbox_and_can_be_filtered_and_exported()
    {
        var document = FakeIntegrity.Document(FakeIntegrity.Damage(), FakeIntegrity.Damage("missing", "/var/spool/cyrus/u/bob", 9, "user.bob"));
        Report(document);
        Nav.NavigateTo(new IntegrityFilter(HostId, Root).ToAddress());
        var page = Render<IntegrityPage>();

        Assert.Contains("2 differ", page.Find("tbody tr").TextContent, StringComparison.Ordinal);
        var found = page.Find("section[aria-labelledby=h-damages]");
        Assert.Contains("UID 7", found.TextContent, StringComparison.Ordinal);
        Assert.Contains("Do not run reconstruct.", found.TextContent, StringComparison.Ordinal);
        Assert.Equal(["/mailboxes/host-1?path=%2Fvar%2Fspool%2Fcyrus%2Fu%2Falice", "/mailboxes/host-1?path=%2Fvar%2Fspool%2Fcyrus%2Fu%2Fbob"], page.FindAll("section[aria-labelledby=h-damages] a").Select(a => a.GetAttribute("href")));
        Assert.Equal(2, page.FindAll("a[download]").Count);

        Nav.NavigateTo(new IntegrityFilter(HostId, Root, "missing").ToAddress());
        page.WaitForAssertion(() => Assert.DoesNotContain("user.alice", page.Find("section[aria-labelledby=h-damages]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_left_out_and_what_was_not_seen_is_stated()
    {
        Report(FakeIntegrity.Document(FakeIntegrity.Damage()) with
        {
            DamagesLeftOut = 41,
            NotSeen = ["/x: cannot be opened"],
            Hazards = [new("/var/spool/cyrus/stage./4242-1-0", 4242, false, 2, ["/var/spool/cyrus/u/alice/7."], "may-overwrite", 60, 3, "Its pid comes round in about 60 s")],
        });
        Nav.NavigateTo(new IntegrityFilter(HostId, Root).ToAddress());

        var page = Render<IntegrityPage>();

        Assert.Contains("41 more are left out here", page.Markup, StringComparison.Ordinal);
        Assert.Contains("/x: cannot be opened", page.Find("details.legend").TextContent, StringComparison.Ordinal);
        Assert.Contains("Its pid comes round in about 60 s.", page.Find("section[aria-labelledby=h-hazards]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Markup_in_what_a_host_reported_stays_text()
    {
        Report(FakeIntegrity.Document(FakeIntegrity.Damage(mailbox: "/x/<script>alert(1)</script>", name: null)));
        Nav.NavigateTo(new IntegrityFilter(HostId, Root).ToAddress());

        Assert.Empty(Render<IntegrityPage>().FindAll("script"));
    }

    [Fact]
    public void The_csv_quotes_every_cell_and_no_cell_begins_as_a_formula()
    {
        var lines = IntegrityExport.Csv(FakeIntegrity.Document(FakeIntegrity.Damage(name: "=cmd\"x\"")) with { DamagesLeftOut = 2 }).Split("\r\n");

        Assert.StartsWith("host,check,system,mailbox,mailbox_name,uid,path,", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"'=cmd\"\"x\"\"\",\"7\",\"/var/spool/cyrus/u/alice/7.\"", lines[1], StringComparison.Ordinal);
        Assert.Contains("2 more differences are not in this report.", lines[2], StringComparison.Ordinal);
        // Each line has as many cells; none of these has a comma within.
        Assert.All(lines[..^1].Where(l => l.Length > 0), l => Assert.Equal(18, l.Split(',').Length));
    }

    private void Running() => Live.ChangeStatus(HostId, s => s with { Audits = new(Guid.Empty, Run) });

    private void Report(AuditDocument document)
    {
        Integrity.Report = document;
        Integrity.All.Add(new StoredAudit(HostId, "mail1", new(AuditId, Root, "anna", Full: false, "done", null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, AuditId), DateTimeOffset.UnixEpoch, ReportFull: false, AuditSummary.Of(document)));
    }
}

namespace Ops.Data.Tests;

public sealed class StoreAuditLogTests
{
    [Fact]
    public async Task The_last_audit_of_a_store_takes_the_place_of_the_one_before_and_keeps_its_report()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<StoreAuditLog>();
        await log.PutAsync(Row("h1", "/var/mail", "done", "{\"a\":1}"));
        await log.PutAsync(Row("h1", "/srv/mail", "done", "{}"));
        await log.PutAsync(Row("h1", "/var/mail", "stopped", null));

        var rows = await log.ListAsync();

        Assert.Equal(["/srv/mail done", "/var/mail stopped"], rows.Select(r => $"{r.Root} {r.Outcome}").Order(StringComparer.Ordinal));
        Assert.All(rows, r => Assert.Null(r.Report));
        Assert.Equal("{\"a\":1}", await log.ReportAsync("h1", "/var/mail"));
        Assert.Null(await log.ReportAsync("h2", "/var/mail"));
    }

    [Fact]
    public async Task A_host_that_is_forgotten_takes_its_audits_along()
    {
        await using var data = await TestData.CreateAsync();
        await data.Get<KnownHosts>().SeenAsync("h1", "mail1", "0.1.0", Guid.Empty);
        await data.Get<StoreAuditLog>().PutAsync(Row("h1", "/var/mail", "done", "{}"));
        await data.Get<StoreAuditLog>().PutAsync(Row("h2", "/var/mail", "done", "{}"));

        Assert.Null(await data.Get<KnownHosts>().ForgetAsync("h1", "anna"));

        Assert.Equal(["h2"], (await data.Get<StoreAuditLog>().ListAsync()).Select(r => r.HostId));
    }

    [Fact]
    public async Task A_path_longer_than_a_key_is_kept_whole()
    {
        await using var data = await TestData.CreateAsync();
        var root = "/" + new string('x', 4_000);
        await data.Get<StoreAuditLog>().PutAsync(Row("h1", root, "done", "{}"));

        Assert.Equal(root, Assert.Single(await data.Get<StoreAuditLog>().ListAsync()).Root);
    }

    private static StoreAuditRow Row(string host, string root, string outcome, string? report) =>
        new() { HostId = host, RootKey = StoreAuditLog.KeyOf(root), Root = root, Host = "mail1", Outcome = outcome, Report = report };
}

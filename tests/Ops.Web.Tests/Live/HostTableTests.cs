using System.Globalization;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

public sealed class HostTableTests
{
    [Fact]
    public void Hosts_are_sorted_by_name_then_id_and_found_by_id()
    {
        var table = HostTable.Empty.With(Host("3", "b")).With(Host("2", "a")).With(Host("1", "b"));

        Assert.Equal(["2", "1", "3"], table.Select(h => h.Status.HostId));
        Assert.Equal("1", table[1].Status.HostId);
        Assert.Equal("b", table.Find("3")!.Status.HostName);
        Assert.Null(table.Find("4"));
        Assert.Same(table, table.Without("4"));
    }

    [Theory]
    [InlineData("MAIL1", "other", true)]
    [InlineData(" mail1 ", "other", true)]
    [InlineData("mail1", "host-1", false)]
    [InlineData("mail2", "host-1", false)]
    public void A_name_is_taken_when_another_host_has_it_however_it_is_written(string name, string hostId, bool isTaken) =>
        Assert.Equal(isTaken, HostTable.Empty.With(Host("host-1", "Mail1")).IsNameTaken(name, hostId));

    [Fact]
    public void A_name_is_free_again_after_its_last_host_was_renamed_or_forgotten()
    {
        var two = HostTable.Empty.With(Host("1", "mail")).With(Host("2", "mail"));

        Assert.True(two.IsNameTaken("mail", "1"));
        Assert.True(two.With(Host("1", "other")).IsNameTaken("mail", "3"));
        Assert.False(two.With(Host("1", "other")).Without("2").IsNameTaken("mail", "3"));
    }

    [Fact]
    public void Any_row_of_changes_gives_the_order_and_the_sums_of_a_table_made_at_once()
    {
        var random = new Random(20261128);
        var expected = new Dictionary<string, HostView>(StringComparer.Ordinal);
        var table = HostTable.Empty;
        string[] verdicts = ["held", "stale", "refused"];
        for (var round = 0; round < 500; round++)
        {
            var id = random.Next(20).ToString(CultureInfo.InvariantCulture);
            if (random.Next(4) == 0)
            {
                expected.Remove(id);
                table = table.Without(id);
            }
            else
            {
                var findings = Enumerable.Range(0, random.Next(6)).Select(n => new LiveFinding(id, Some.Finding($"f{n}", verdicts[random.Next(3)])));
                var before = table.Find(id)?.Findings ?? FindingTable.Empty;
                var host = new HostView(Status(id, $"mail{random.Next(5)}", random.Next(5) == 0 ? "mail" : null), before.With(findings, ["f0", "f3"]), isComplete: true);
                expected[id] = host;
                table = table.With(host);
            }

            Assert.Equal(
                expected.Values.OrderBy(h => h.Status.HostName, StringComparer.Ordinal).ThenBy(h => h.Status.HostId, StringComparer.Ordinal), table);
            Assert.Equal(
                expected.Values.SelectMany(h => h.Findings.Items).CountBy(f => f.Finding.Verdict).OrderBy(c => c.Key, StringComparer.Ordinal),
                table.Counts.ByWord.OrderBy(c => c.Key, StringComparer.Ordinal));
            Assert.Equal(expected.Values.Count(h => h.Status.ReportedName is not null), table.Renamed);
            Assert.All(expected.Values, h => Assert.Same(h, table.Find(h.Status.HostId)));
        }
    }

    private static HostView Host(string id, string name) => new(Status(id, name, null), FindingTable.Empty, isComplete: false);

    private static HostStatus Status(string id, string name, string? reported) => new(
        id, name, "token", false, HostConnection.Live, null, "0.1.0", Guid.Empty, true, [], [], [], new Dictionary<string, double>(), DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch)
    {
        ReportedName = reported,
    };
}

using System.Globalization;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

public sealed class FindingTableTests
{
    [Fact]
    public void Findings_are_sorted_by_key_and_found_by_it()
    {
        var table = Of("c", "a", "b");
        Assert.Equal(["a", "b", "c"], Keys(table));
        Assert.Equal("b", table.Find("b")!.Key);
        Assert.Null(table.Find("bb"));
        Assert.Null(FindingTable.Empty.Find("a"));
    }

    [Fact]
    public void A_change_puts_replaces_and_closes_and_leaves_the_table_before_as_it_was()
    {
        var before = Of("b", "d", "f");
        var after = before.With([Live("a"), Live("d", "stale"), Live("e"), Live("g")], ["b", "never-there"]);

        Assert.Equal(["a", "d", "e", "f", "g"], Keys(after));
        Assert.Equal("stale", after.Find("d")!.Finding.Verdict);
        Assert.Equal(["b", "d", "f"], Keys(before));
        Assert.Equal("held", before.Find("d")!.Finding.Verdict);
    }

    [Fact]
    public void A_key_that_is_closed_and_opened_in_one_change_is_there() => Assert.Equal(["a"], Keys(Of("a").With([Live("a", "stale")], ["a"])));

    [Fact]
    public void Any_row_of_changes_gives_what_a_dictionary_would_hold()
    {
        var random = new Random(20301122);
        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var table = FindingTable.Empty;
        for (var round = 0; round < 200; round++)
        {
            var put = Enumerable.Range(0, random.Next(6)).Select(_ => Live(Key(), round.ToString(CultureInfo.InvariantCulture))).ToList();
            var closed = Enumerable.Range(0, random.Next(4)).Select(_ => Key()).ToList();
            closed.ForEach(key => expected.Remove(key));
            put.ForEach(finding => expected[finding.Key] = finding.Finding.Verdict);
            table = table.With(put, closed);

            Assert.Equal(expected.Select(e => (e.Key, e.Value)), table.Items.Select(f => (f.Key, f.Finding.Verdict)));
        }

        string Key() => "k" + random.Next(40).ToString(CultureInfo.InvariantCulture);
    }

    private static FindingTable Of(params string[] keys) => FindingTable.Of(keys.Select(k => Live(k)));

    private static LiveFinding Live(string key, string verdict = "held") => new("host-1", Some.Finding(key, verdict));

    private static IEnumerable<string> Keys(FindingTable table) => table.Items.Select(f => f.Key);
}

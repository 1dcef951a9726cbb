using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class AuditSearchTests
{
    private static readonly Guid Operation = Guid.NewGuid();

    [Fact]
    public async Task Pages_come_newest_first_and_know_the_total()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(25);

        var page = await data.Get<AuditSearch>().FindAsync(new(), skip: 10, take: 10);

        Assert.Equal(25, page.Total);
        Assert.Equal(Enumerable.Range(6, 10).Reverse().Select(n => (long)n), page.Entries.Select(e => e.Sequence));
    }

    public static TheoryData<AuditFilter, long[]> Filters => new()
    {
        { new(Host: "mail2"), [3] },
        { new(Actor: "alice"), [3, 2] },
        { new(Action: AuditActions.SignIn), [1] },
        { new(OperationId: Operation), [3, 2] },
        { new(Actor: "alice", Host: "mail1"), [2] },
        { new(Text: "USER_1"), [2] },          // any case; the underscore is no wildcard
        { new(Text: "100%"), [3] },            // nor is the percent sign
        { new(Text: "\\x41"), [3] },
        { new(Text: "delivery stuck"), [2] },  // in the reason
        { new(Text: "sha256:ab"), [3] },       // in the detail
        { new(Text: "bob"), [1] },
        { new(Text: "nothing like it"), [] },
        { new(Host: "", Actor: "", Action: "", Text: ""), [3, 2, 1] },
        { new(Since: new(2026, 3, 1, 13, 0, 1, TimeSpan.FromHours(1))), [3, 2] },
        { new(Until: new(2026, 3, 1, 12, 0, 1, TimeSpan.Zero)), [1] },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task A_filter_finds_what_it_names(AuditFilter filter, long[] expected)
    {
        await using var data = await TestData.CreateAsync();
        await FillAsync(data);

        var page = await data.Get<AuditSearch>().FindAsync(filter, 0, 50);

        Assert.Equal(expected, page.Entries.Select(e => e.Sequence));
        Assert.Equal(expected.Length, page.Total);
    }

    [Fact]
    public async Task The_story_of_an_operation_is_given_from_its_beginning()
    {
        await using var data = await TestData.CreateAsync();
        await FillAsync(data);

        Assert.Equal([2, 3], (await data.Get<AuditSearch>().OfOperationAsync(Operation)).Select(e => e.Sequence));
    }

    [Fact]
    public async Task The_filter_fields_offer_what_occurs()
    {
        await using var data = await TestData.CreateAsync();
        await FillAsync(data);

        var facets = await data.Get<AuditSearch>().FacetsAsync();

        Assert.Equal(["mail1", "mail2"], facets.Hosts);
        Assert.Equal(["alice", "bob"], facets.Actors);
        Assert.Equal([AuditActions.Break, AuditActions.SignIn], facets.Actions);
    }

    private static async Task FillAsync(TestData data)
    {
        await data.Audit.AppendAsync(new() { Actor = "bob", Action = AuditActions.SignIn });
        data.Clock.Advance(TimeSpan.FromSeconds(1));
        await data.Audit.AppendAsync(new()
        {
            Actor = "alice",
            Action = AuditActions.Break,
            Host = "mail1",
            Path = "/var/mail/user_1.lock",
            Reason = "Delivery stuck",
            OperationId = Operation,
        });
        await data.Audit.AppendAsync(new()
        {
            Actor = "alice",
            Action = AuditActions.Break,
            Host = "mail2",
            Path = """/var/mail/userx1 100% \x41.lock""",
            OperationId = Operation,
            Detail = """{"fingerprint":"sha256:ab"}""",
        });
    }
}

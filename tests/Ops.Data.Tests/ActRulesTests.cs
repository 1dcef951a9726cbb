using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class ActRulesTests
{
    [Fact]
    public async Task A_new_console_lets_viewers_look_operators_do_what_can_be_taken_back_and_administrators_everything()
    {
        await using var data = await TestData.CreateAsync();
        var rules = (await data.Get<ActRules>().NowAsync()).Of("any-host");

        Assert.DoesNotContain(ActRight.Actions, a => rules.May("u", [OpsRoles.Viewer], a));
        Assert.Equal(["break", "remove", "undo", "ask"], ActRight.Actions.Where(a => rules.May("u", [OpsRoles.Operator], a)));
        Assert.All(ActRight.Actions, a => Assert.True(rules.May("u", [OpsRoles.Admin], a)));
        Assert.Equal(["kill", "purge", "term"], ActRight.Actions.Where(a => rules.OthersFor(a) == 1).Order());
        Assert.Equal((30, 10), (rules.ActsPerMinute, rules.BulkAbove));
    }

    [Theory]
    [InlineData("break", 1, 0, 0)]
    [InlineData("break", 10, 0, 0)]
    [InlineData("break", 11, 0, 1)]
    [InlineData("break", 1, 2, 2)]
    [InlineData("kill", 1, 0, 1)]
    [InlineData("kill", 50, 2, 2)]
    public void The_strictest_of_rule_number_of_rows_and_host_holds(string action, int rows, int hostWants, int others)
    {
        var rules = new GroupRules(HostGroup.DefaultId, "Default", 30, 10, new HashSet<(string, string)>(), new Dictionary<string, int> { ["kill"] = 1 });
        Assert.Equal(others, rules.OthersFor(action, rows, hostWants));
    }

    [Fact]
    public async Task A_group_begins_with_the_default_rules_and_goes_its_own_way()
    {
        await using var data = await TestData.CreateAsync();
        var rules = data.Get<ActRules>();
        Assert.Null(await rules.AddGroupAsync(" Relays ", "anna"));
        var group = (await rules.NowAsync()).Groups[1];
        Assert.Equal("Relays", group.Name);
        Assert.Null(await rules.PutHostAsync("id-1", "mail1", group.Id, "anna"));
        Assert.Null(await rules.SetRightAsync(group.Id, "kill", ActRight.OfUser("u7"), "vera", true, "anna"));
        Assert.Null(await rules.SetRightAsync(group.Id, "break", ActRight.OfRole(OpsRoles.Operator), "Operator", false, "anna"));
        Assert.Null(await rules.SetOthersAsync(group.Id, "kill", 2, "anna"));
        Assert.Null(await rules.SetOthersAsync(group.Id, "term", 0, "anna"));
        Assert.Null(await rules.SetGroupAsync(group.Id, "Outgoing", 5, 3, "anna"));

        var now = await rules.NowAsync();
        var (mine, others) = (now.Of("id-1"), now.Of("id-2"));
        Assert.Equal(("Outgoing", 5, 3, 2, 0), (mine.Name, mine.ActsPerMinute, mine.BulkAbove, mine.OthersFor("kill"), mine.OthersFor("term")));
        Assert.True(mine.May("u7", [OpsRoles.Viewer], "kill"));
        Assert.False(mine.May("u8", [OpsRoles.Operator], "break"));
        Assert.False(others.May("u7", [OpsRoles.Viewer], "kill"));
        Assert.True(others.May("u8", [OpsRoles.Operator], "break"));

        Assert.Null(await rules.RemoveGroupAsync(group.Id, "anna"));
        Assert.Equal(HostGroup.DefaultId, (await rules.NowAsync()).Of("id-1").Id);
        var entries = (await data.Get<AuditSearch>().FindAsync(new(Action: AuditActions.RulesChanged), 0, 20)).Entries;
        Assert.Equal(8, entries.Count);
        Assert.Contains(entries, e => e is { Actor: "anna", Outcome: "group 'Relays': vera may kill" });
        Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    [Fact]
    public async Task Moving_a_host_back_to_the_default_group_and_again_leaves_it_in_one()
    {
        await using var data = await TestData.CreateAsync();
        var rules = data.Get<ActRules>();
        await rules.AddGroupAsync("A", "anna");
        await rules.AddGroupAsync("B", "anna");
        var groups = (await rules.NowAsync()).Groups;
        foreach (var group in (GroupRules[])[groups[1], groups[2], groups[0], groups[2]])
        {
            Assert.Null(await rules.PutHostAsync("id-1", "mail1", group.Id, "anna"));
            Assert.Equal(group.Id, (await rules.NowAsync()).Of("id-1").Id);
            Assert.Equal(group.Id, (await rules.ForPagesAsync()).Of("id-1").Id);
        }
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_in_a_sentence_and_leaves_no_entry()
    {
        await using var data = await TestData.CreateAsync();
        var rules = data.Get<ActRules>();
        Assert.NotNull(await rules.AddGroupAsync("Default", "anna"));
        Assert.NotNull(await rules.AddGroupAsync(" ", "anna"));
        Assert.NotNull(await rules.RemoveGroupAsync(HostGroup.DefaultId, "anna"));
        Assert.NotNull(await rules.SetRightAsync(HostGroup.DefaultId, "rm -rf", ActRight.OfRole(OpsRoles.Admin), "Admin", true, "anna"));
        Assert.NotNull(await rules.SetRightAsync(HostGroup.DefaultId, "kill", ActRight.OfRole(OpsRoles.Viewer), "Viewer", true, "anna"));
        Assert.NotNull(await rules.SetOthersAsync(HostGroup.DefaultId, "kill", 4, "anna"));
        Assert.NotNull(await rules.SetGroupAsync(HostGroup.DefaultId, "Default", 0, 10, "anna"));
        Assert.NotNull(await rules.SetGroupAsync(Guid.NewGuid(), "X", 1, 10, "anna"));
        Assert.NotNull(await rules.PutHostAsync("id-1", "mail1", Guid.NewGuid(), "anna"));
        Assert.Equal(0, (await data.Get<AuditSearch>().FindAsync(new(Action: AuditActions.RulesChanged), 0, 1)).Total);
    }

    [Fact]
    public async Task No_rule_changes_when_the_audit_cannot_be_written()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await data.TamperAsync("CREATE TRIGGER full_disk BEFORE INSERT ON Audit BEGIN SELECT RAISE(ABORT, 'disk full'); END");
        Assert.NotNull(await data.Get<ActRules>().SetRightAsync(HostGroup.DefaultId, "kill", ActRight.OfRole(OpsRoles.Operator), "Operator", true, "anna"));
        Assert.False((await data.Get<ActRules>().NowAsync()).Of("h").May("u", [OpsRoles.Operator], "kill"));
    }
}

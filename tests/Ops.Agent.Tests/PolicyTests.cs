using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ops.Locks;

namespace Ops.Agent.Tests;

public sealed class PolicyTests : IDisposable
{
    private readonly Scratch _directory = new();

    [Fact]
    public void A_policy_says_roots_verbs_periods_and_aliases()
    {
        var policy = Policy.Load(Write("""
            {
              // comments are for people
              "roots": ["/var/mail"], "verbs": ["remove"], "gracePeriod": "00:00:10", "settlePeriod": "00:00:00", "ageBy": "mtime",
              "quarantineRetention": "14.00:00:00", "hostAliases": ["mail1.example.org"],
            }
            """));
        Assert.Equal(["/var/mail"], policy.Roots);
        Assert.True(policy.Allows(OperatorAction.Remove));
        Assert.False(policy.Allows(OperatorAction.Break));
        Assert.Equal(new JudgingOptions(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), AgeClock.Modified), policy.Judging);
        Assert.Equal(TimeSpan.FromDays(14), policy.QuarantineRetention);
    }

    [Theory]
    [InlineData("{ \"verbs\": [\"format\"] }", "verbs")]
    [InlineData("{ \"kinds\": [\"sock\"] }", "kinds")]
    [InlineData("{ \"approvers\": { \"destroy\": 1 } }", "approvers")]
    [InlineData("{ \"approvers\": { \"kill\": -1 } }", "approvers")]
    [InlineData("{ \"maxActsPerMinute\": -1 }", "maxActsPerMinute")]
    [InlineData("{ \"shadowWatch\": \"00:00:01\" }", "shadowWatch")]
    [InlineData("{ \"endWait\": \"01:00:00\" }", "endWait")]
    [InlineData("{ \"doveadm\": \"doveadm\" }", "doveadm")]
    [InlineData("{ \"cyrusConfig\": \"imapd.conf\" }", "cyrusConfig")]
    [InlineData("{ \"ageBy\": \"atime\" }", "ageBy")]
    [InlineData("{ \"auditEvery\": \"00:59:59\" }", "auditEvery")]
    [InlineData("{ \"auditRate\": -1 }", "auditRate")]
    [InlineData("{ \"auditRate\": 1.5 }", "auditRate")]
    [InlineData("{ \"cpuBudget\": 101 }", "cpuBudget")]
    [InlineData("{ \"auditSample\": 101 }", "auditSample")]
    [InlineData("{ \"gracePeriod\": \"00:00:00\" }", "gracePeriod")]
    [InlineData("{ \"settlePeriod\": \"01:00:00\" }", "settlePeriod")]
    [InlineData("{ \"quarantineRetention\": \"00:00:01\" }", "quarantineRetention")]
    [InlineData("{ \"roots\": [\"mail\"] }", "roots")]
    [InlineData("{ \"stateDirectory\": \"state\" }", "stateDirectory")]
    [InlineData("{ \"weakerProtocol\": [\"mail\"] }", "weakerProtocol")]
    [InlineData("{ \"weakerProtocol\": true }", "weakerProtocol")]
    [InlineData("{ \"unshared\": [\"mail\"] }", "unshared")]
    [InlineData("{ \"graceperiod\": \"00:00:09\" }", "graceperiod")]
    [InlineData("not json", "")]
    public void A_policy_that_makes_no_sense_is_refused_and_the_message_names_the_key(string text, string key) =>
        Assert.Contains(key, Assert.Throws<PolicyException>(() => Policy.Load(Write(text))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{ \"drill\": true }")]
    [InlineData("{ \"drill\": true, \"roots\": [\"/var/mail\"] }")]
    [InlineData("{ \"drill\": true, \"roots\": [\"/tmp/ops-drill-1/mail\", \"/var/mail\"] }")]
    public void A_policy_cannot_call_a_real_store_a_drill(string text)
    {
        Assert.Contains("drill", Assert.Throws<PolicyException>(() => Policy.Load(Write(text))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_of_a_drill_says_so_to_a_console()
    {
        var policy = Policy.Load(Write("{ \"drill\": true, \"roots\": [\"/tmp/ops-drill-1/mail\"] }"));

        Assert.True(policy.ForConsole.IsDrill);
        Assert.False(new Policy().ForConsole.IsDrill);
    }

    [Fact]
    public void The_weaker_protocol_is_off_and_with_another_person_where_it_is_on()
    {
        var silent = Policy.Load(Write("{}"));
        Assert.False(silent.AllowsWeaker(FilePath.FromText("/srv/mail/alice.lock")));
        Assert.Null(silent.ForConsole.WeakerProtocolBelow);
        Assert.DoesNotContain("weaker", silent.ForConsole.Approvers.Keys);

        var on = Policy.Load(Write("""{ "weakerProtocol": ["/srv/mail"], "unshared": ["/srv"] }"""));
        Assert.True(on.AllowsWeaker(FilePath.FromText("/srv/mail/alice.lock")));
        Assert.False(on.AllowsWeaker(FilePath.FromText("/srv/mailer/alice.lock")));
        var mount = new Mount(1, 0, 40, FilePath.Root, FilePath.FromText("/srv"), "nfs4", "filer:/srv", IsReadOnly: false);
        Assert.True(on.SaysUnshared(FilePath.FromText("/srv/mailer/alice.lock"), mount));
        Assert.False(on.SaysUnshared(FilePath.FromText("/srv/mailer/alice.lock"), mount with { MountPoint = FilePath.FromText("/srv/mailer") }));
        Assert.Equal(1, on.ForConsole.Approvers["weaker"]);

        var alone = Policy.Load(Write("""{ "weakerProtocol": ["/srv/mail"], "approvers": { "weaker": 0 } }"""));
        Assert.Equal(0, alone.ForConsole.Approvers["weaker"]);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/policy.md")]
    public void Each_key_is_reported_once(string file)
    {
        var keys = typeof(PolicyText).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name));
        var rows = Regex.Matches(File.ReadAllText(Path.Join(Path.GetDirectoryName(Here()), "../..", file)), @"^\| ((`[a-z]\w+`(, )?)+) \|", RegexOptions.Multiline);
        var told = rows.SelectMany(r => Regex.Matches(r.Groups[1].Value, @"\w+")).Select(m => m.Value);
        Assert.Equal(keys.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_kind_and_verb_that_the_table_of_keys_names_is_one_that_a_policy_may_name()
    {
        var rows = File.ReadAllLines(Path.Join(Path.GetDirectoryName(Here()), "../../docs/policy.md"));
        string Named(string key) => rows.Single(r => r.StartsWith($"| `{key}` |", StringComparison.Ordinal));
        IEnumerable<string> InBackticks(string row) => Regex.Matches(row, "`([a-z-]+)`").Select(m => m.Groups[1].Value);

        var kinds = InBackticks(Named("kinds")).Except(["kinds"]).ToList();
        Assert.Contains("staging-file", kinds);
        var verbs = Regex.Matches(Named("verbs"), "\"([a-z]+)\"").Select(m => m.Groups[1].Value).Concat(InBackticks(Named("verbs"))).Except(["verbs"]).ToList();
        Assert.Contains("kill", verbs);
        Policy.Load(Write(JsonSerializer.Serialize(new { kinds, verbs })));
    }

    private static string Here([CallerFilePath] string here = "") => here;

    [Fact]
    public void What_a_policy_does_not_say_keeps_its_default() =>
        Assert.Equivalent(new Policy(), Policy.Load(Write("{}")), strict: true);

    [Fact]
    public void A_policy_that_was_asked_for_and_is_missing_is_refused() =>
        Assert.Throws<PolicyException>(() => Policy.Load(_directory.File("none.json")));

    [Fact]
    public void A_policy_that_others_can_write_is_not_believed_by_root()
    {
        var file = Write("{}");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        if (Environment.IsPrivilegedProcess)
            Assert.Contains("written by users other than its owner", Assert.Throws<PolicyException>(() => Policy.Load(file)).Message, StringComparison.Ordinal);
        else
            Assert.NotNull(Policy.Load(file));
    }

    [Fact]
    public void Roots_outside_those_of_the_policy_are_refused()
    {
        var (inside, outside) = (Directory.CreateDirectory(_directory.File("in/deep")).FullName, Directory.CreateDirectory(_directory.File("out")).FullName);
        var policy = Write($$"""{ "roots": ["{{_directory.File("in")}}"] }""");
        Assert.Equal(inside, AgentSettings.Load(policy, [inside]).Roots.Single().Path.Text);
        Assert.Contains("outside", Assert.Throws<PolicyException>(() => AgentSettings.Load(policy, [outside])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_that_is_not_there_is_refused() =>
        Assert.Throws<PolicyException>(() => StoreRoots.Named([_directory.File("none")]));

    [Fact]
    public void Roots_are_known_by_their_real_names_and_none_is_in_another()
    {
        Directory.CreateDirectory(_directory.File("real/inner"));
        Directory.CreateSymbolicLink(_directory.File("link"), "real");
        var roots = StoreRoots.Named([_directory.File("link/inner"), _directory.File("link"), _directory.File("real")]);
        Assert.Equal(_directory.File("real"), Assert.Single(roots).Path.Text);
    }

    [Fact]
    public void Only_the_top_of_a_shared_directory_is_covered()
    {
        StoreRoot[] roots = [new(FilePath.FromText("/tmp"), TopLevelOnly: true), new(FilePath.FromText("/var/mail"))];
        Assert.True(StoreRoots.Cover(roots, FilePath.FromText("/tmp/.fe00.12")));
        Assert.False(StoreRoots.Cover(roots, FilePath.FromText("/tmp/deeper/x.lock")));
        Assert.True(StoreRoots.Cover(roots, FilePath.FromText("/var/mail/a/b.lock")));
        Assert.False(StoreRoots.Cover(roots, FilePath.FromText("/var/mailbox.lock")));
        Assert.False(StoreRoots.Cover(roots, FilePath.FromText("/var/mail")));
    }

    [Fact]
    public void The_roots_found_on_a_host_exist_and_do_not_overlap()
    {
        var roots = StoreRoots.Detect();
        Assert.All(roots, r => Assert.True(Directory.Exists(r.Path.Text)));
        Assert.All(roots, r => Assert.DoesNotContain(roots, other => other != r && !other.TopLevelOnly && r.Path.IsAtOrBelow(other.Path)));
        Assert.All(roots, r => Assert.Equal(r.TopLevelOnly, r.Kinds is not null));
    }

    public void Dispose() => _directory.Dispose();

    private string Write(string text)
    {
        var file = _directory.Write("policy.json", text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}

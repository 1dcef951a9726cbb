using Ops.Contracts;

namespace Ops.Agent.Tests;

public sealed class JoinCommandTests
{
    private const string Secret = "opsj_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string Pin = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

    [Theory]
    [InlineData("https://console.example.org:5181/", false, true)]
    [InlineData("http://127.0.0.1:5180/", false, false)]
    [InlineData("http://127.0.0.1:5180/", true, true)]
    [InlineData("http://[::1]:5180/", true, true)]
    [InlineData("http://console.example.org/", false, false)]
    [InlineData("http://console.example.org/", true, false)]
    [InlineData("ftp://console.example.org/", true, false)]
    public void A_host_joins_in_the_clear_only_on_its_own_machine_and_when_that_was_asked_for(string console, bool allowHttp, bool accepted) =>
        Assert.Equal(accepted, JoinCommand.Problem(new Uri(console), allowHttp) is null);

    [Fact]
    public void A_token_is_its_secret_and_the_fingerprint_of_the_console()
    {
        var token = JoinToken.Parse($" {Secret}.{Pin}\n");
        Assert.Equal(new JoinToken(Secret, Pin), token);
        Assert.Equal($"{Secret}.{Pin}", token!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(Secret)]
    [InlineData(Secret + ".short")]
    [InlineData("opsa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA." + Pin)]
    public void Anything_else_is_no_token_to_join_with(string text) => Assert.Null(JoinToken.Parse(text));

    [Theory]
    [InlineData(0, false)]
    [InlineData(19, false)]
    [InlineData(20, true)]
    [InlineData(40, true)]
    public void A_certificate_of_thirty_days_is_renewed_after_twenty(int day, bool due)
    {
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(due, AgentIdentity.IsDue(from, from.AddDays(30), from.AddDays(day)));
    }

    [Fact]
    public async Task An_agent_without_token_that_has_not_joined_says_what_to_do()
    {
        using var store = new Store();
        var (code, _, errors) = await Store.Ops("agent", "--state", Path.Join(Path.GetTempPath(), Guid.NewGuid().ToString()), "--root", store.Path);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("ops agent join", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_identity_is_named_and_is_not_taken_for_a_host_that_never_joined()
    {
        using var store = new Store();
        var state = Directory.CreateTempSubdirectory("ops-join-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Join(state, AgentIdentity.FileName), "{}");
            var (code, _, errors) = await Store.Ops("agent", "--state", state, "--root", store.Path);
            Assert.Equal(ExitCode.Failed, code);
            Assert.Contains("is damaged", errors, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    [Fact]
    public async Task A_join_that_finds_no_console_says_so_and_keeps_nothing()
    {
        var state = Path.Join(Path.GetTempPath(), Guid.NewGuid().ToString());
        var (code, _, errors) = await Store.Ops("agent", "join", "https://127.0.0.1:1/", "--token", $"{Secret}.{Pin}", "--state", state);
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("no console answered: https://127.0.0.1:1/", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(state));
    }
}

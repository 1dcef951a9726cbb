using System.Text;
using System.Text.Json.Nodes;

namespace Ops.Agent.Tests;

/// <summary><c>ops audit-store</c> on a small store.</summary>
public sealed class AuditStoreCommandTests : IDisposable
{
    private readonly Store _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_sound_store_ends_with_0_and_says_how_much_of_it_was_read()
    {
        Mailbox("alice", "one", "two");

        var (code, output, error) = await Audit("--full");

        Assert.Equal(ExitCode.Done, code);
        Assert.Equal("", output);
        Assert.EndsWith("2 messages in 1 mailbox: all sizes compared, 2 messages read (100.0 %). No difference was found.\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_message_is_a_row_ends_with_5_and_its_evidence_is_in_the_document()
    {
        Mailbox("alice", "one", "two");
        _store.Write("alice/2.", "TWO");

        var (code, output, _) = await Audit("--full");
        Assert.Equal(ExitCode.Broken, code);
        Assert.Equal($"content\t{_store.File("alice")}\t2\tsha1 ad782ecdac77…\tsha1 b10e0da85e90…\t{_store.File("alice/2.")}\n", output);

        var document = JsonNode.Parse((await Audit("--full", "--json")).Output)!;
        Assert.Equal("damaged", document["state"]!.GetValue<string>());
        var message = Assert.Single(document["damages"]!.AsArray())!;
        Assert.Equal(("mismatch", "content", 2L), (message["verdict"]!.GetValue<string>(), message["check"]!.GetValue<string>(), message["uid"]!.GetValue<long>()));
        Assert.StartsWith("Do not run reconstruct", message["next"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(2, document["coverage"]!["read"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_terminal_gets_evidence_and_next_step_and_the_coverage_last()
    {
        Mailbox("alice", "one", "two");
        _store.Write("alice/2.", "longer");
        var output = new StringWriter();

        Assert.Equal(ExitCode.Broken, await CommandLine.RunAsync(["audit-store", "--root", _store.Path], new Terminal(output, TextWriter.Null, 120, false)));

        Assert.Contains("  In cyrus.index: 3 bytes. In the file: 6.\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("  Next: Do not run reconstruct", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("1 difference: 1 size.\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_be_read_ends_with_1()
    {
        Mailbox("alice", "one");
        _store.Write("alice/cyrus.index", new string('x', 200));

        var (code, _, error) = await Audit();

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("ops: not seen: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sample", "101")]
    [InlineData("--sample", "-1")]
    [InlineData("--rate", "-1")]
    public async Task A_share_or_rate_that_is_none_is_a_usage_error(string option, string value) => Assert.Equal(ExitCode.Usage, (await Audit(option, value)).Code);

    private Task<(int Code, string Output, string Error)> Audit(params string[] arguments) => Store.Ops(["audit-store", "--root", _store.Path, .. arguments]);

    private void Mailbox(string name, params string[] messages)
    {
        var index = new CyrusIndexBytes(17);
        for (var i = 0; i < messages.Length; i++)
        {
            _store.Write($"{name}/{i + 1}.", messages[i]);
            index.Add((uint)i + 1, (ulong)messages[i].Length, CyrusIndexBytes.Sha1(Encoding.ASCII.GetBytes(messages[i])));
        }
        File.WriteAllBytes(_store.File($"{name}/cyrus.index"), index.ToArray());
    }
}

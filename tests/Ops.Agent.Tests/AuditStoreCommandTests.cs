using System.Text;
using System.Text.Json.Nodes;
using Ops.Integrity;

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

    [Theory]
    [InlineData("--brief")]
    [InlineData("--digest", "x", "--full")]
    [InlineData("--digest", "-", "--against", "x")]
    [InlineData("--against", "x", "--sample", "5")]
    [InlineData("--against", "x", "--against", "y", "--against", "z")]
    [InlineData("--against", "-", "--against", "-")]
    public async Task Options_of_a_comparison_that_contradict_each_other_are_a_usage_error(params string[] options) => Assert.Equal(ExitCode.Usage, (await Audit(options)).Code);

    [Fact]
    public async Task Two_hosts_are_compared_by_hashes_first_and_then_by_the_messages_that_differ()
    {
        using var other = new Store();
        Mailbox("alice", "one", "two", "three");
        Header(_store, "alice");
        Mailbox(other, "alice", "one", "2wo", "three");
        Header(other, "alice");
        var (hashes, answer) = (_store.File("hashes"), _store.File("answer"));

        Assert.Equal(ExitCode.Done, (await Audit("--digest", hashes, "--brief")).Code);
        var (code, output, _) = await Store.Ops(["audit-store", "--root", other.Path, "--against", hashes, "--digest", answer]);
        Assert.Equal((ExitCode.Broken, "block\tuser.alice\t0\t\t\tunknown\n"), (code, output));

        (code, output, _) = await Audit("--against", answer, "--json");
        Assert.Equal(ExitCode.Broken, code);
        var document = JsonNode.Parse(output)!;
        var difference = Assert.Single(document["differences"]!.AsArray())!;
        Assert.Equal(("different", "content", 2L), (document["state"]!.GetValue<string>(), difference["check"]!.GetValue<string>(), difference["uid"]!.GetValue<long>()));
        Assert.Equal(_store.File("alice/2."), difference["path"]!.GetValue<string>());
        Assert.Equal(difference["here"]!["sha1"]!.GetValue<string>(), difference["sha1OfBytes"]!.GetValue<string>());
    }

    [Fact]
    public async Task Equal_hosts_end_with_0_and_what_is_no_digest_with_1()
    {
        Mailbox("alice", "one", "two");
        Header(_store, "alice");
        Assert.Equal(ExitCode.Done, (await Audit("--digest", _store.File("digest"))).Code);
        var (code, output, error) = await Audit("--against", _store.File("digest"));
        Assert.Equal((ExitCode.Done, ""), (code, output));
        Assert.Contains("1 mailbox with 2 messages compared", error, StringComparison.Ordinal);

        (code, _, error) = await Audit("--against", _store.Write("noise", "noise"));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("noise was not used: it does not begin as a digest of ops audit-store does", error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, (await Audit("--against", _store.File("missing"))).Code);
        Assert.Equal(ExitCode.Failed, (await Audit("--digest", _store.File("no/such/directory"))).Code);
    }

    [Fact]
    public async Task A_narrow_terminal_names_the_mailbox_and_UID_of_each_difference_and_ends_with_their_number()
    {
        Mailbox("alice", "one", "two");
        Header(_store, "alice");
        Assert.Equal(ExitCode.Done, (await Audit("--digest", _store.File("digest"))).Code);
        Mailbox("alice", "one", "2wo");
        var output = new StringWriter();

        Assert.Equal(ExitCode.Broken, await CommandLine.RunAsync(["audit-store", "--root", _store.Path, "--against", _store.File("digest")], new Terminal(output, TextWriter.Null, 50, false)));

        Assert.StartsWith("CHECK    MAILBOX     UID  RIGHT\ncontent  user.alice  2    unknown\n\nuser.alice, UID 2\n  By index: here 3 bytes", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("Z: 1 difference in 1 mailbox.\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_that_was_cut_off_is_refused_and_nothing_is_compared()
    {
        Mailbox("alice", [.. Enumerable.Range(0, 400).Select(i => $"message {i}")]);
        Header(_store, "alice");
        var digest = _store.File("digest");
        Assert.Equal(ExitCode.Done, (await Audit("--digest", digest)).Code);
        var whole = File.ReadAllBytes(digest);
        foreach (var length in (int[])[0, 5, whole.Length / 2, whole.Length - 12, whole.Length - 1])
        {
            File.WriteAllBytes(digest, whole[..length]);
            var (code, output, error) = await Audit("--against", digest, "--json");
            Assert.Equal((ExitCode.Failed, ""), (code, output));
            Assert.Contains("digest was not used: it ", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_difference_that_a_later_digest_no_longer_has_is_left_out()
    {
        Mailbox("alice", "one", "2wo", "3hree");
        Header(_store, "alice");
        var (first, later) = (_store.File("first"), _store.File("later"));
        Assert.Equal(ExitCode.Done, (await Audit("--digest", first)).Code);
        // UID 3 was replicated in between, UID 2 was not.
        Mailbox("alice", "one", "2wo", "three");
        Assert.Equal(ExitCode.Done, (await Audit("--digest", later)).Code);
        Later(later);
        Mailbox("alice", "one", "two", "three");

        Assert.Equal(2, (await Differences("--against", first))["differences"]!.AsArray().Count);
        var confirmed = await Differences("--against", first, "--against", later);
        Assert.Equal(2L, Assert.Single(confirmed["differences"]!.AsArray())!["uid"]!.GetValue<long>());
        Assert.Equal(1, confirmed["settled"]!.GetValue<int>());

        var (code, _, error) = await Audit("--against", later, "--against", first);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("the second digest cannot confirm the first: the second one was not taken later than the first.", error, StringComparison.Ordinal);
    }

    private async Task<JsonNode> Differences(params string[] options)
    {
        var (code, output, _) = await Audit([.. options, "--json"]);
        Assert.Equal(ExitCode.Broken, code);
        return JsonNode.Parse(output)!;
    }

    // As if it had been taken ten minutes later.
    private static void Later(string digest)
    {
        var taken = DigestFile.Read(new MemoryStream(File.ReadAllBytes(digest))).Value!;
        using var again = File.Create(digest);
        DigestFile.Write(again, taken with { TakenAt = taken.TakenAt.AddMinutes(10) }, withRecords: true);
    }

    private Task<(int Code, string Output, string Error)> Audit(params string[] arguments) => Store.Ops(["audit-store", "--root", _store.Path, .. arguments]);

    private static void Header(Store store, string mailbox) =>
        File.WriteAllBytes(store.File($"{mailbox}/cyrus.header"), [0xA1, 0x02, 0x8B, 0x0D, .. "Cyrus mailbox header\n\"The best thing\"\n\n%(I abc-1 N user.alice)\n"u8]);

    private void Mailbox(string name, params string[] messages) => Mailbox(_store, name, messages);

    private static void Mailbox(Store store, string name, params string[] messages)
    {
        var index = new CyrusIndexBytes(17);
        for (var i = 0; i < messages.Length; i++)
        {
            store.Write($"{name}/{i + 1}.", messages[i]);
            index.Add((uint)i + 1, (ulong)messages[i].Length, CyrusIndexBytes.Sha1(Encoding.ASCII.GetBytes(messages[i])));
        }
        File.WriteAllBytes(store.File($"{name}/cyrus.index"), index.ToArray());
    }
}

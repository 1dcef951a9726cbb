using System.Text;
using System.Text.Json;

namespace Ops.Integrity.Tests;

public sealed class AuditBoundsTests
{
    private static readonly AuditBounds Bounds = new(Items: 3, Bytes: 2_000, Names: 2);

    [Fact]
    public void What_fits_is_the_same_document()
    {
        var document = Document(Message("1.", ["one", "two"]));
        Assert.Equal(Json(document), Json(Bounds.Apply(document)));
    }

    [Fact]
    public void More_differences_than_fit_are_counted_and_the_counts_of_the_whole_stay()
    {
        var bounded = Bounds.Apply(Document([.. Enumerable.Range(1, 5).Select(i => Message($"{i}.", []))]));

        Assert.Equal(["1.", "2.", "3."], bounded.Damages.Select(d => d.Path));
        Assert.Equal(2, bounded.DamagesLeftOut);
        Assert.Equal([new AuditedCheck("size", 5)], bounded.ByCheck!);
    }

    [Fact]
    public void One_with_a_long_path_ends_the_list_by_its_bytes()
    {
        var bounded = Bounds.Apply(Document(Message("1.", []), Message(new string('x', 3_000), []), Message("3.", [])));

        Assert.Equal(["1."], bounded.Damages.Select(d => d.Path));
        Assert.Equal(2, bounded.DamagesLeftOut);
        Assert.InRange(Encoding.UTF8.GetByteCount(Json(bounded)), 0, 4_000);
    }

    [Fact]
    public void Names_and_sentences_of_one_message_are_cut_and_say_so()
    {
        var message = Assert.Single(Bounds.Apply(Document(Message("1.", ["a", "b", "c", "d"]))).Damages);

        Assert.Equal(["a", "b", "2 more names"], message.OtherNames);
    }

    [Fact]
    public void What_was_not_seen_is_bounded_too()
    {
        var unseen = Bounds.Apply(Document() with { NotSeen = ["a", new string('b', 1_900), new string('c', 500), "d"] }).NotSeen;

        Assert.Equal(["a", "2 more things that were not seen"], [unseen[0], unseen[^1]]);
        Assert.Equal(3, unseen.Count);
    }

    private static string Json(AuditDocument document) => JsonSerializer.Serialize(document, IntegrityJson.Default.AuditDocument);

    private static AuditedMessage Message(string path, IReadOnlyList<string> names) => new("mismatch", "message", "size", "cyrus", "/m", null, 1, path, null, null, null, names, [], "Next.");

    private static AuditDocument Document(params IReadOnlyList<AuditedMessage> damages) => new(
        "mail1", DateTimeOffset.UnixEpoch, "damaged", "A sentence.", damages, [], new AuditCoverage(1, 2, 3, 4, [], 0, 0, 0, 0, 0, 0, 0, 1), [], [new AuditedCheck("size", damages.Count)]);
}

using System.Collections;

namespace Ops.Locks;

/// <summary>Collects answers in the order in which they are found; the first that blocks is the reason of a refusal.</summary>
internal sealed class EvidenceList(DateTimeOffset now) : IEnumerable<Evidence>
{
    private readonly List<Evidence> _items = [];

    public Evidence? FirstBlock => _items.Find(e => e.Blocks);

    public void Add(string question, Answer answer, string source, string detail, bool blocks = false) =>
        Add(question, answer, source, detail, now, blocks);

    /// <param name="at">When it was answered, where that was before this look.</param>
    public void Add(string question, Answer answer, string source, string detail, DateTimeOffset at, bool blocks = false) =>
        _items.Add(new Evidence(question, answer, source, detail, at, blocks));

    public IReadOnlyList<Evidence> ToList() => [.. _items];

    public IEnumerator<Evidence> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

namespace Ops.Incidents;

/// <summary>What a text that a person typed or pasted names: read by grammar (path, pid, user, host, queue id, duration), not by the program that wrote it.</summary>
/// <param name="Text">As it came, without blanks at its ends.</param>
/// <param name="Paths">Absolute paths, the one that the text is about first; no programs and no scripts.</param>
/// <param name="FileNames">Names of lock files without a directory.</param>
/// <param name="Pids">The holder first where the text names one, then who waits or writes.</param>
/// <param name="Users">Login or mailbox names; the local parts of <paramref name="Addresses"/> are among them.</param>
/// <param name="Addresses">Mail addresses.</param>
/// <param name="Hosts">Host names.</param>
/// <param name="QueueIds">Message ids in the queue of Exim or Postfix.</param>
/// <param name="Waited">How long it says that something waited or was held; null when it says nothing of that kind.</param>
/// <param name="Program">Program that wrote the line; null when it has no such tag.</param>
public sealed record Question(
    string Text, IReadOnlyList<string> Paths, IReadOnlyList<string> FileNames, IReadOnlyList<int> Pids, IReadOnlyList<string> Users, IReadOnlyList<string> Addresses,
    IReadOnlyList<string> Hosts, IReadOnlyList<string> QueueIds, TimeSpan? Waited, string? Program)
{
    /// <summary>More of a text is not read: a log line is shorter.</summary>
    public const int LongestText = 4096;

    /// <summary>What the line itself says about its cause, in a sentence; null when it says nothing that is known.</summary>
    public LineMeaning? Meaning => LineMeaning.Of(Text);

    /// <summary>Whether nothing in it can be looked for.</summary>
    public bool IsEmpty => Paths.Count + FileNames.Count + Pids.Count + Users.Count + Hosts.Count + QueueIds.Count == 0;

    /// <summary>Reads a text; of several lines the first one that is not empty.</summary>
    public static Question Of(string text)
    {
        var line = text.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? "";
        return QuestionReader.Read(line.Length > LongestText ? line[..LongestText] : line);
    }
}

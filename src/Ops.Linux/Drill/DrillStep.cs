namespace Ops.Linux;

/// <summary>What a process of a drill can do.</summary>
public enum DrillVerb
{
    /// <summary>Creates a file, as a dot lock is created: <c>O_EXCL</c>, with the given text.</summary>
    Create,

    /// <summary>Tries <see cref="Create"/> until it works, asleep in between.</summary>
    Poll,

    /// <summary>Opens for reading and writing, and takes a POSIX write lock; waits for it.</summary>
    Lock,

    /// <summary>Opens for reading and writing.</summary>
    Open,

    /// <summary>Opens for reading.</summary>
    Read,

    /// <summary>Adds the text to the end of what it opened or locked last, wherever its name leads now.</summary>
    Append,

    /// <summary>Gives the file a further name: that of the text.</summary>
    Link,

    /// <summary>Waits for a line from the drill.</summary>
    Pause,
}

/// <summary>One step of a process of a drill.</summary>
/// <param name="Path">Absolute; <see cref="Pid"/> in it stands for the number of the process. Empty where the verb needs none.</param>
/// <param name="Text">As <paramref name="Path"/>.</param>
public sealed record DrillStep(DrillVerb Verb, string Path = "", string Text = "")
{
    public const string Pid = "{pid}";

    /// <summary>Words of a command line: three for each step.</summary>
    public static IEnumerable<string> ToArguments(IEnumerable<DrillStep> steps) => steps.SelectMany(s => new[] { s.Verb.ToString(), s.Path, s.Text });

    /// <summary>Null when the words are not those of steps.</summary>
    public static IReadOnlyList<DrillStep>? FromArguments(IReadOnlyList<string> words)
    {
        if (words.Count % 3 != 0)
            return null;
        List<DrillStep> steps = [];
        foreach (var step in words.Chunk(3))
        {
            if (!Enum.TryParse<DrillVerb>(step[0], out var verb) || !Enum.IsDefined(verb))
                return null;
            steps.Add(new(verb, step[1], step[2]));
        }
        return steps;
    }
}

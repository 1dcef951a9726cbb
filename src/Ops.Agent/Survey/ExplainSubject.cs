using Ops.Locks;

namespace Ops.Agent;

/// <summary>What an explanation is asked about: a file, a process or a user.</summary>
/// <param name="Text">As it was typed; of a path that is not UTF-8, the nearest text. Raw.</param>
/// <param name="Path">The exact path, for a file; else null.</param>
public readonly record struct ExplainSubject(string Text, FilePath? Path)
{
    /// <summary>For a person. Escaped.</summary>
    public string Display => Path?.Display ?? FilePath.Escape(Text);

    /// <param name="text">Absolute path, pid or user.</param>
    public static ExplainSubject Of(string text) => new(text, text.StartsWith('/') ? FilePath.FromText(text) : null);

    public static ExplainSubject Of(FilePath path) => new(path.Text, path);
}

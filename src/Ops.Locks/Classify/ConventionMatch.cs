using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>Where a name lies, as far as a <see cref="Place"/> asks.</summary>
/// <param name="Directory">The directory as the operator would name it: for a path through a symbolic link, the alias.</param>
/// <param name="ParentHas">Whether the directory above holds an entry of this name (<c>cur</c>, <c>new</c>).</param>
public sealed record PlaceFacts(FilePath Directory, Func<string, bool> ParentHas);

/// <summary>A name that a convention may have written.</summary>
/// <param name="Match">Match of <see cref="Convention.Name"/>, with its groups.</param>
public sealed record ConventionMatch(MailSystem System, Convention Convention, Match Match);

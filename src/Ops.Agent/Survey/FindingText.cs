using System.Globalization;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>A finding in words for a terminal or a sentence.</summary>
internal static class FindingText
{
    /// <summary>The owner as <c>PID COMMAND</c> or <c>PID@HOST</c>, with <c>(gone)</c> or <c>(?)</c> unless it is known to be alive; empty for no owner.</summary>
    public static string OwnerText(this Finding finding)
    {
        if (finding.Owner is not { } owner)
            return "";
        var pid = owner.Pid is { } number ? number.ToString(CultureInfo.InvariantCulture) : "?";
        var host = owner.Host is null ? "" : "@" + FilePath.Escape(owner.Host);
        var state = finding.OwnerAlive switch { true => "", false => " (gone)", _ => " (?)" };
        return owner.Command is null ? $"{pid}{host}{state}" : $"{pid} {FilePath.Escape(owner.Command)}{state}";
    }
}

using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>Who owns a finding, and whether that owner is alive: yes, no, or unknown.</summary>
public static class OwnerWords
{
    public static string Brief(Finding finding)
    {
        if (finding.Process is { } process)
            return $"{HostText.Escape(process.Command)} {process.Pid}";
        if (finding.Owner is not { } owner || (owner.Pid is null && owner.Host is null && owner.Command is null))
            return "not named";
        var who = owner.Command is { } command ? HostText.Escape(command) + (owner.Pid is { } p ? $" {p}" : "") : owner.Pid is { } pid ? $"pid {pid}" : "";
        var where = owner.Host is { } host && host != finding.Host ? $" on {HostText.Escape(host)}" : "";
        return $"{who}{where}{Alive(finding.OwnerAlive)}".Trim();
    }

    public static string Alive(bool? alive) => alive switch { true => ", alive", false => ", gone", null => ", unknown" };

    public static string Sentence(bool? alive) => alive switch
    {
        true => "Yes, it is alive.",
        false => "No, it is proven gone.",
        null => "Could not be determined.",
    };
}

using System.Globalization;

namespace Ops.Web.Features.Acts;

/// <summary>What has to come with a request to change something. Who may make one is in the rules: <see cref="Data.ActRules"/>.</summary>
public static class ActInput
{
    public const int ReasonLengthMin = 3;

    public const int ReasonLengthMax = 500;

    /// <summary>The pid as it is written, without anything around it.</summary>
    public static bool IsTyped(int pid, string? typed) => typed?.Trim() == pid.ToString(CultureInfo.InvariantCulture);

    /// <summary>Length counts without surrounding spaces.</summary>
    public static bool IsUsableReason(string? reason) => reason?.Trim().Length is >= ReasonLengthMin and <= ReasonLengthMax;
}

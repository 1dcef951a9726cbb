using System.Globalization;

namespace Ops.Agent;

/// <summary>An age in words, in the unit that suits it.</summary>
internal static class AgeText
{
    public static string Of(double? seconds) => seconds switch
    {
        null => "",
        < 10 => seconds.Value.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 120 => seconds.Value.ToString("0", CultureInfo.InvariantCulture) + " s",
        < 7200 => (seconds.Value / 60).ToString("0", CultureInfo.InvariantCulture) + " min",
        < 259200 => (seconds.Value / 3600).ToString("0", CultureInfo.InvariantCulture) + " h",
        _ => (seconds.Value / 86400).ToString("0", CultureInfo.InvariantCulture) + " d",
    };
}

namespace Ops.Web.Features.SignIn;

/// <summary>What people call the browser that sends this. Anything may be in it: it helps to recognise a session, and proves nothing.</summary>
internal static class BrowserName
{
    private const int LongestUnknown = 60;

    // In this order: most name others too, for sites that ask for those.
    private static readonly (string Sign, string Name)[] Browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("FxiOS/", "Firefox"), ("Safari/", "Safari")];

    private static readonly (string Sign, string Name)[] Systems =
        [("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")];

    public static string Of(string? userAgent)
    {
        if (string.IsNullOrWhiteSpace(userAgent))
            return "unknown browser";
        if (NameIn(Browsers, userAgent) is not { } browser)
            return userAgent.Length > LongestUnknown ? userAgent[..LongestUnknown] + "…" : userAgent;
        return NameIn(Systems, userAgent) is { } system ? $"{browser} on {system}" : browser;
    }

    private static string? NameIn((string Sign, string Name)[] table, string text) =>
        table.FirstOrDefault(e => text.Contains(e.Sign, StringComparison.Ordinal)).Name;
}

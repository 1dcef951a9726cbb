namespace Ops.Web.Shared;

/// <summary>Light, dark, or what the system has. Both style sheets are linked with a media condition, so "auto" needs no script and nothing flashes.</summary>
public static class ColourScheme
{
    public const string Cookie = "ops-theme";

    public static string Choice(HttpContext? context) => context?.Request.Cookies[Cookie] is "light" or "dark" ? context.Request.Cookies[Cookie]! : "auto";

    /// <summary>Media condition of the style sheets of one kind; <c>wwwroot/js/app.js</c> sets the same when the choice changes.</summary>
    public static string Media(string choice, string kind) => choice == "auto" ? $"(prefers-color-scheme: {kind})" : choice == kind ? "all" : "not all";
}

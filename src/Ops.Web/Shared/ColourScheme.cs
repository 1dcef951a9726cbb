namespace Ops.Web.Shared;

/// <summary>Light, dark, high contrast, or what the system has. The choice is an attribute of the page, which the style sheet of the theme asks for: nothing flashes.</summary>
public static class ColourScheme
{
    public const string Cookie = "ops-theme";

    public static string Choice(HttpContext? context) => context?.Request.Cookies[Cookie] is "light" or "dark" or "contrast" ? context.Request.Cookies[Cookie]! : "auto";
}

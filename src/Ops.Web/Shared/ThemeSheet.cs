using System.Security.Cryptography;
using System.Text;
using MudBlazor;

namespace Ops.Web.Shared;

/// <summary>
/// The variables that <see cref="MudThemeProvider"/> would put into a style element, as a style sheet for every scheme. A style element is refused by the policy of
/// <see cref="SecurityHeaders"/> and would come only with the circuit; a sheet that is linked in the head is there before the first paint.
/// </summary>
public static class ThemeSheet
{
    private const string Path = "/css/theme.css";

    public static string Text { get; } = Build();

    /// <summary>Changes with the content, so that browsers may keep what they have.</summary>
    public static string Address { get; } = $"{Path}?v={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)).AsSpan(0, 6))}";

    public static void MapThemeSheet(this IEndpointRouteBuilder routes) => routes.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], static context =>
    {
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.ContentType = "text/css; charset=utf-8";
        return context.Response.WriteAsync(Text, context.RequestAborted);
    }).AllowAnonymous();

    private static string Build()
    {
        var (light, dark, lightContrast, darkContrast) = (Variables(OpsTheme.Light), Variables(OpsTheme.Dark), Variables(OpsTheme.LightContrast), Variables(OpsTheme.DarkContrast));
        // What is the same in all schemes is written once. What differs is written in each, since more than one block may apply and the last has to win whole.
        HashSet<string> varying = [.. light.Where(v => new[] { dark, lightContrast, darkContrast }.Any(other => other.GetValueOrDefault(v.Key) != v.Value)).Select(v => v.Key)];
        string Block(Dictionary<string, string> variables) => Lines(variables.Where(v => varying.Contains(v.Key)));
        return $$"""
            :root {{{Lines(light)}}}
            @media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {{{Block(dark)}}} }
            :root[data-theme="dark"] {{{Block(dark)}}}
            :root[data-theme="contrast"] {{{Block(lightContrast)}}}
            @media (prefers-contrast: more) { :root:not([data-theme="dark"]) {{{Block(lightContrast)}}} }
            @media (prefers-color-scheme: dark) { :root[data-theme="contrast"] {{{Block(darkContrast)}}} }
            @media (prefers-contrast: more) { :root[data-theme="dark"] {{{Block(darkContrast)}}} }
            @media (prefers-contrast: more) and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {{{Block(darkContrast)}}} }
            """;
    }

    private static string Lines(IEnumerable<KeyValuePair<string, string>> variables) => string.Concat(variables.Select(v => $"{v.Key}:{v.Value};"));

    private static Dictionary<string, string> Variables(OpsTheme.Scheme scheme)
    {
        var variables = new Generator(scheme).Css().Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        variables["color-scheme"] = scheme.IsDark ? "dark" : "light";
        var grounds = scheme.Grounds;
        foreach (var (name, colour) in new[]
        {
            ("primary", grounds.Primary), ("error", grounds.Error), ("warning", grounds.Warning), ("info", grounds.Info), ("success", grounds.Success),
            ("neutral", grounds.Neutral), ("notice", grounds.Notice), ("fresh", grounds.Fresh),
        })
        {
            variables[$"--ops-{name}-ground"] = colour;
        }

        variables["--ops-notice"] = scheme.NoticeText;
        return variables;
    }

    private sealed class Generator : MudThemeProvider
    {
        public Generator(OpsTheme.Scheme scheme)
        {
#pragma warning disable BL0005 // never rendered: only asked what it would write
            (Theme, IsDarkMode) = (scheme.Theme, scheme.IsDark);
#pragma warning restore BL0005
        }

        public string Css()
        {
            var css = new StringBuilder();
            GenerateTheme(css);
            return css.ToString();
        }
    }
}

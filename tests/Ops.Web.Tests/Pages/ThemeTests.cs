using Microsoft.AspNetCore.Http;
using MudBlazor.Utilities;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

public sealed class ThemeTests
{
    public static TheoryData<string, double> Schemes => new() { { "Light", 4.5 }, { "Dark", 4.5 }, { "LightContrast", 7 }, { "DarkContrast", 7 } };

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Text_on_every_ground_of_a_scheme_can_be_read(string name, double least)
    {
        var scheme = (OpsTheme.Scheme)typeof(OpsTheme).GetProperty(name)!.GetValue(null)!;
        var (p, g) = (scheme.Palette, scheme.Grounds);
        MudColor[] plain = [p.Background, p.BackgroundGray, p.Surface];
        var pairs = new List<(MudColor Text, MudColor Ground)>
        {
            (p.PrimaryContrastText, p.Primary), (p.ErrorContrastText, p.Error), (p.ActionDisabled, p.ActionDisabledBackground), (p.AppbarText, p.AppbarBackground), (p.DrawerText, p.DrawerBackground),
            (p.Error, g.Error), (p.Warning, g.Warning), (p.Info, g.Info), (p.Success, g.Success), (p.Secondary, g.Neutral), (scheme.NoticeText, g.Notice), (p.Primary, g.Primary),
            (p.TextPrimary, g.Fresh), (p.TextPrimary, g.Primary), (p.TextSecondary, g.Primary),
        };
        pairs.AddRange(from ground in plain from text in new[] { p.TextPrimary, p.TextSecondary, p.Primary, p.Error, p.Warning, p.Success, p.Info } select (text, ground));

        Assert.Empty(pairs.Where(pair => Contrast(pair.Text, pair.Ground) < least).Select(pair => $"{pair.Text} on {pair.Ground}: {Contrast(pair.Text, pair.Ground):0.00}"));
    }

    [Fact]
    public void The_style_sheet_has_the_colours_of_every_scheme_and_loads_nothing()
    {
        Assert.All([OpsTheme.Light, OpsTheme.Dark, OpsTheme.LightContrast, OpsTheme.DarkContrast], s => Assert.Contains(s.Grounds.Fresh, ThemeSheet.Text, StringComparison.Ordinal));
        Assert.Contains("--mud-palette-surface", ThemeSheet.Text, StringComparison.Ordinal);
        Assert.Contains("@media (prefers-color-scheme: dark) { :root:not([data-theme=\"light\"])", ThemeSheet.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", ThemeSheet.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", ThemeSheet.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ops-theme=dark", "dark")]
    [InlineData("ops-theme=contrast", "contrast")]
    [InlineData("ops-theme=pink", "auto")]
    [InlineData("", "auto")]
    public void The_scheme_of_a_page_is_that_of_the_cookie_when_it_is_known(string cookie, string scheme)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Cookie = cookie;
        Assert.Equal(scheme, ColourScheme.Choice(context));
    }

    // https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    private static double Contrast(MudColor a, MudColor b)
    {
        var (light, dark) = (Luminance(a), Luminance(b)) is var (x, y) && x > y ? (x, y) : (Luminance(b), Luminance(a));
        return (light + 0.05) / (dark + 0.05);
    }

    private static double Luminance(MudColor colour) => (0.2126 * Linear(colour.R)) + (0.7152 * Linear(colour.G)) + (0.0722 * Linear(colour.B));

    private static double Linear(byte value) => value / 255.0 is var v && v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4);
}

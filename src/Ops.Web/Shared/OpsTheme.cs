using MudBlazor;

namespace Ops.Web.Shared;

/// <summary>The console's colours, type and measures. <see cref="ThemeSheet"/> serves them as one style sheet.</summary>
/// <remarks>Every pair of text and ground has a contrast of at least 4.5:1, and 7:1 in high contrast: <c>ThemeTests</c>.</remarks>
public static class OpsTheme
{
    private static readonly string[] Sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "DejaVu Sans", "sans-serif"];

    public static Scheme Light { get; } = new(
        false,
        Theme(new PaletteLight
        {
            Background = "#f4f6f8",
            BackgroundGray = "#f8fafb",
            Surface = "#ffffff",
            Primary = "#0b5aa2",
            Secondary = "#4a5662",
            Info = "#0b5aa2",
            Success = "#1a6334",
            Warning = "#7a4b00",
            Error = "#a31621",
            TextPrimary = "#18212b",
            TextSecondary = "#4a5662",
            TextDisabled = "#5d6873",
            ActionDefault = "#4a5662",
            ActionDisabled = "#4a5662",
            ActionDisabledBackground = "#e9edf1",
            AppbarBackground = "#ffffff",
            AppbarText = "#18212b",
            DrawerBackground = "#ffffff",
            DrawerText = "#18212b",
            DrawerIcon = "#4a5662",
            LinesDefault = "#d9dfe5",
            LinesInputs = "#7d8894",
            TableLines = "#d9dfe5",
            Divider = "#d9dfe5",
        }),
        new(Primary: "#e3effa", Error: "#fde8e8", Warning: "#fff1d6", Info: "#e3effa", Success: "#e2f4e8", Neutral: "#e9edf1", Notice: "#f7f0d8", Fresh: "#fff4c2"),
        NoticeText: "#6b4a00");

    public static Scheme Dark { get; } = new(
        true,
        Theme(new PaletteDark
        {
            Background = "#12161b",
            BackgroundGray = "#202730",
            Surface = "#1a2027",
            Primary = "#7bbcff",
            PrimaryContrastText = "#0c1a28",
            Secondary = "#b6c0ca",
            SecondaryContrastText = "#12161b",
            Info = "#8cc5ff",
            InfoContrastText = "#0c1a28",
            Success = "#86d9a1",
            SuccessContrastText = "#0b1f12",
            Warning = "#ffc46b",
            WarningContrastText = "#241a05",
            Error = "#ff9a9e",
            ErrorContrastText = "#2a0a0c",
            TextPrimary = "#e7ecf1",
            TextSecondary = "#aeb9c4",
            TextDisabled = "#8b96a1",
            ActionDefault = "#aeb9c4",
            ActionDisabled = "#b6c0ca",
            ActionDisabledBackground = "#2a323b",
            AppbarBackground = "#1a2027",
            AppbarText = "#e7ecf1",
            DrawerBackground = "#1a2027",
            DrawerText = "#e7ecf1",
            DrawerIcon = "#aeb9c4",
            LinesDefault = "#313b46",
            LinesInputs = "#76838f",
            TableLines = "#313b46",
            Divider = "#313b46",
        }),
        new(Primary: "#17324d", Error: "#43191d", Warning: "#3d2c0c", Info: "#17324d", Success: "#16341f", Neutral: "#2a323b", Notice: "#33301a", Fresh: "#4a4213"),
        NoticeText: "#e8d08a");

    public static Scheme LightContrast { get; } = new(
        false,
        Theme(new PaletteLight
        {
            Background = "#ffffff",
            BackgroundGray = "#f2f2f2",
            Surface = "#ffffff",
            Primary = "#003a75",
            Secondary = "#1f262d",
            Info = "#003a75",
            Success = "#00451a",
            Warning = "#553000",
            Error = "#7d0010",
            TextPrimary = "#000000",
            TextSecondary = "#1f262d",
            TextDisabled = "#3d3d3d",
            ActionDefault = "#1f262d",
            ActionDisabled = "#1f262d",
            ActionDisabledBackground = "#ededed",
            AppbarBackground = "#ffffff",
            AppbarText = "#000000",
            DrawerBackground = "#ffffff",
            DrawerText = "#000000",
            DrawerIcon = "#000000",
            LinesDefault = "#595959",
            LinesInputs = "#000000",
            TableLines = "#595959",
            Divider = "#595959",
        }),
        new(Primary: "#dcebfa", Error: "#ffe9e9", Warning: "#fff3dc", Info: "#dcebfa", Success: "#e0f5e7", Neutral: "#ededed", Notice: "#faf4df", Fresh: "#fff0a8"),
        NoticeText: "#4d3500");

    public static Scheme DarkContrast { get; } = new(
        true,
        Theme(new PaletteDark
        {
            Background = "#000000",
            BackgroundGray = "#141414",
            Surface = "#000000",
            Primary = "#a9d5ff",
            PrimaryContrastText = "#000000",
            Secondary = "#e3e8ed",
            SecondaryContrastText = "#000000",
            Info = "#b4daff",
            InfoContrastText = "#000000",
            Success = "#aaf0c0",
            SuccessContrastText = "#000000",
            Warning = "#ffd591",
            WarningContrastText = "#000000",
            Error = "#ffb9bc",
            ErrorContrastText = "#000000",
            TextPrimary = "#ffffff",
            TextSecondary = "#e3e8ed",
            TextDisabled = "#c4c4c4",
            ActionDefault = "#e3e8ed",
            ActionDisabled = "#e3e8ed",
            ActionDisabledBackground = "#262626",
            AppbarBackground = "#000000",
            AppbarText = "#ffffff",
            DrawerBackground = "#000000",
            DrawerText = "#ffffff",
            DrawerIcon = "#ffffff",
            LinesDefault = "#a6a6a6",
            LinesInputs = "#ffffff",
            TableLines = "#a6a6a6",
            Divider = "#a6a6a6",
        }),
        new(Primary: "#0d2740", Error: "#330c10", Warning: "#2e2005", Info: "#0d2740", Success: "#0c2613", Neutral: "#262626", Notice: "#262310", Fresh: "#403800"),
        NoticeText: "#f5e3ab");

    private static MudTheme Theme(Palette palette) => new()
    {
        PaletteLight = palette as PaletteLight ?? new(),
        PaletteDark = palette as PaletteDark ?? new(),
        Typography = new()
        {
            Default = { FontFamily = Sans, FontSize = "0.875rem", LineHeight = "1.45", LetterSpacing = "normal" },
            H1 = { FontFamily = Sans, FontSize = "1.25rem", FontWeight = "650", LineHeight = "1.3", LetterSpacing = "-0.01em" },
            H2 = { FontFamily = Sans, FontSize = "0.9375rem", FontWeight = "650", LineHeight = "1.35", LetterSpacing = "normal" },
            H3 = { FontFamily = Sans, FontSize = "0.875rem", FontWeight = "600", LineHeight = "1.35", LetterSpacing = "normal" },
            H6 = { FontFamily = Sans, FontSize = "0.9375rem", FontWeight = "650", LineHeight = "1.35", LetterSpacing = "normal" },
            Body1 = { FontFamily = Sans, FontSize = "0.875rem", LineHeight = "1.45", LetterSpacing = "normal" },
            Body2 = { FontFamily = Sans, FontSize = "0.8125rem", LineHeight = "1.45", LetterSpacing = "normal" },
            Subtitle1 = { FontFamily = Sans, FontSize = "0.875rem", LineHeight = "1.45", LetterSpacing = "normal" },
            Button = { FontFamily = Sans, TextTransform = "none", FontWeight = "600", LetterSpacing = "normal" },
        },
        LayoutProperties = new() { DefaultBorderRadius = "6px", DrawerWidthLeft = "240px", AppbarHeight = "48px" },
    };

    /// <summary>One set of colours.</summary>
    /// <param name="IsDark">Which of the theme's two palettes it is, and what the browser draws itself (scrollbars, native fields).</param>
    /// <param name="Grounds">Behind text of the same name.</param>
    /// <param name="NoticeText">Text on the ground for notices that are neither information nor warning.</param>
    public sealed record Scheme(bool IsDark, MudTheme Theme, Grounds Grounds, string NoticeText)
    {
        public Palette Palette => IsDark ? Theme.PaletteDark : Theme.PaletteLight;
    }

    /// <summary>Grounds of badges, notices and marked rows, as CSS colours.</summary>
    public sealed record Grounds(string Primary, string Error, string Warning, string Info, string Success, string Neutral, string Notice, string Fresh);
}

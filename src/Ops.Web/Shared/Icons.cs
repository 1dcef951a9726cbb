namespace Ops.Web.Shared;

/// <summary>The console's own line icons: path data on a 24 by 24 grid, drawn with a 2 unit stroke. No icon font: text that a font turns into a picture
/// would be read aloud, and flashes before the font has come.</summary>
public static class Icons
{
    public static string Path(string name) => Paths.GetValueOrDefault(name) ?? Paths["question"];

    /// <summary>The same as MudBlazor's icons are given: what is inside the svg element.</summary>
    public static string Svg(string name) => $"<path d=\"{Path(name)}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\" />";

    private static readonly Dictionary<string, string> Paths = new(StringComparer.Ordinal)
    {
        ["lock"] = "M6 11h12v9H6z M9 11V8a3 3 0 0 1 6 0v3",
        ["unlink"] = "M6 11h12v9H6z M9 11V7a3 3 0 0 1 5.8-1.1 M3 3l3 3",
        ["clock"] = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z M12 7v5l3 2",
        ["ghost"] = "M5 21V11a7 7 0 0 1 14 0v10l-3.5-2.5L12 21l-3.500-2.500z M9.500 10v1.500 M14.500 10v1.500",
        ["split"] = "M12 21v-8 M12 13L6 7V3 M12 13l6-6V3 M3.500 5.500L6 3l2.500 2.500 M15.500 5.500L18 3l2.500 2.500",
        ["mismatch"] = "M5 9h14 M5 15h14 M16 4L8 20",
        ["links"] = "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.300 1.300 M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.300-1.300",
        ["orphan"] = "M13 3H6v18h12V8z M13 3v5h5 M10 13l4 4 M14 13l-4 4",
        ["question"] = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700 M12 17h.01",
        ["anchor"] = "M12 8v13 M12 3.500a2.250 2.250 0 1 0 0 4.500a2.250 2.250 0 0 0 0-4.500z M4 13c0 5 4 8 8 8s8-3 8-8 M8 12h8",
        ["mailbox"] = "M3 6h18v12H3z M3 7l9 7 9-7",
        ["overview"] = "M4 4h7v7H4z M13 4h7v4h-7z M13 11h7v9h-7z M4 14h7v6H4z",
        ["file"] = "M13 3H6v18h12V8z M13 3v5h5 M9 13h6 M9 17h4",
        ["audit"] = "M5 4h14v17H5z M9 4V2.500h6V4 M9 10h6 M9 14h6 M9 18h3",
        ["host"] = "M4 4h16v7H4z M4 13h16v7H4z M7.500 7.500h.01 M7.500 16.500h.01 M11 7.500h5 M11 16.500h5",
        ["light"] = "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8z M12 2v2.500 M12 19.500V22 M2 12h2.500 M19.500 12H22 M5 5l1.700 1.700 M17.300 17.300L19 19 M19 5l-1.700 1.700 M6.700 17.300L5 19",
        ["dark"] = "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
        ["auto"] = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z M12 3v18 M12 8h7 M12 12h9 M12 16h7",
        ["contrast"] = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z M12 6.500v11 M13.500 7v10 M15 8v8 M16.500 9.500v5",
        ["menu"] = "M4 6h16 M4 12h16 M4 18h16",
        ["close"] = "M5 5l14 14 M19 5L5 19",
        ["copy"] = "M9 8h11v13H9z M15 8V3H4v13h5",
        ["yes"] = "M4.500 12.500l5 5L20 6.500",
        ["no"] = "M6 6l12 12 M18 6L6 18",
        ["info"] = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z M12 11v6 M12 7.500h.01",
        ["warning"] = "M12 3L2 20.500h20z M12 10v5 M12 17.700h.01",
        ["next"] = "M9 5l7 7-7 7",
        ["back"] = "M15 5l-7 7 7 7",
        ["waits"] = "M5 4v9h12 M13 9l4 4-4 4",
        ["user"] = "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8z M4 21c0-4 3.500-6.500 8-6.500s8 2.500 8 6.500",
        ["remove"] = "M4 7h16 M9 7V4h6v3 M6 7l1 14h10l1-14 M10 11v6 M14 11v6",
        ["undo"] = "M9 7H15a5 5 0 0 1 0 10H8 M9 3L5 7l4 4",
        ["process"] = "M7 7h10v10H7z M10 3v4 M14 3v4 M10 17v4 M14 17v4 M3 10h4 M3 14h4 M17 10h4 M17 14h4",
        ["search"] = "M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 0 0 0-13z M15.500 15.500L21 21",
        ["hidden"] = "M3 3l18 18 M6.500 6.800C4.500 8 3 10 2 12c2 4 5.500 7 10 7c1.700 0 3.200-.4 4.600-1.100 M10 5.200c.6-.1 1.300-.2 2-.2c4.500 0 8 3 10 7c-.6 1.200-1.300 2.200-2.200 3.100",
        ["filter"] = "M4 5h16 M7 12h10 M10 19h4",
        ["download"] = "M12 4v11 M7 11l5 5 5-5 M4 20h16",
        ["sign-out"] = "M14 4H5v16h9 M10 12h11 M17 8l4 4-4 4",
        ["rescue"] = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8z M5.600 5.600l3.600 3.600 M14.800 14.800l3.600 3.600 M18.400 5.600l-3.600 3.600 M9.200 14.800l-3.600 3.600",
        ["ask"] = "M4 5h16v11H11l-5 4v-4H4z M8 9h8 M8 12h5",
        ["stop"] = "M8 3h8l5 5v8l-5 5H8l-5-5V8z M9 12h6",
        ["kill"] = "M8 3h8l5 5v8l-5 5H8l-5-5V8z M9 9l6 6 M15 9l-6 6",
        ["people"] = "M9 5a3.500 3.500 0 1 0 0 7a3.500 3.500 0 0 0 0-7z M2 20c0-3.500 3-5.500 7-5.500s7 2 7 5.500 M16 5.300a3.500 3.500 0 0 1 0 6.400 M18 14.800c2.400.6 4 2.400 4 5.200",
        ["box"] = "M4 8h16v12H4z M3 4h18v4H3z M10 12h4",
        ["shadow"] = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z M12 3a6 9 0 0 1 0 18",
        ["key"] = "M8 9a4 4 0 1 0 0 8a4 4 0 0 0 0-8z M11.500 11l8.500-6 M17 7l2.500 3",
        ["rules"] = "M4 7h10 M18 7h2 M16 5v4 M4 17h2 M10 17h10 M8 15v4 M4 12h4 M12 12h8 M10 10v4",
        ["past"] = "M4.500 12a8 8 0 1 0 2.300-5.600L4 9 M4 4v5h5 M12.500 8v4.500l3 2",
        ["graph"] = "M3 9h6v6H3z M15 3h6v6h-6z M15 15h6v6h-6z M9 12h3 M15 6h-3v12h3",
        ["screen"] = "M3 4h18v12H3z M12 16v4 M8 20h8",
        ["bell"] = "M6 17v-6a6 6 0 0 1 12 0v6l1.500 2h-15z M10 22h4 M12 3v2",
        ["pause"] = "M8 5v14 M16 5v14",
        ["play"] = "M7 4l13 8-13 8z",
        ["running"] = "M12 3a9 9 0 1 1-9 9",
    };
}

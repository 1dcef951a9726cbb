using System.Globalization;
using Ops.Data;

namespace Ops.Web.Features.Alerts;

/// <summary>A channel while an administrator fills it in. Secrets that are left empty stay as they are.</summary>
public sealed class ChannelForm
{
    public Guid Id { get; private init; } = Guid.CreateVersion7();

    public bool IsNew { get; private init; } = true;

    public string Kind { get; set; } = ChannelKinds.Webhook;

    public string? Name { get; set; } = "";

    public string? Url { get; set; } = "";

    public string? Token { get; set; } = "";

    public string? Server { get; set; } = "";

    public string? Port { get; set; } = "587";

    public string Security { get; set; } = nameof(SmtpSecurity.StartTls);

    public string? User { get; set; } = "";

    public string? Password { get; set; } = "";

    public string? Sender { get; set; } = "";

    public string? Recipients { get; set; } = "";

    public string? ConsoleUrl { get; set; } = "";

    public HashSet<IncidentRule> Rules { get; private init; } = [.. Enum.GetValues<IncidentRule>()];

    /// <summary>As <c>22:00</c>; empty: none.</summary>
    public string? QuietFrom { get; set; } = "";

    public string? QuietTo { get; set; } = "";

    public bool IsEnabled { get; set; } = true;

    /// <summary>What is stored, without its secrets.</summary>
    /// <param name="settings">Null when they cannot be decrypted: then everything has to be entered again.</param>
    public static ChannelForm Of(AlertChannel channel, ChannelSettings? settings) => new()
    {
        Id = channel.Id,
        IsNew = false,
        Kind = channel.Kind,
        Name = channel.Name,
        Server = settings?.Server ?? "",
        Port = settings is { Port: > 0 } ? settings.Port.ToString(CultureInfo.InvariantCulture) : "587",
        Security = (settings?.Security ?? SmtpSecurity.StartTls).ToString(),
        User = settings?.User ?? "",
        Sender = settings?.Sender ?? "",
        Recipients = settings?.Recipients ?? "",
        ConsoleUrl = settings?.ConsoleUrl ?? "",
        Rules = [.. AlertBook.RulesOf(channel)],
        QuietFrom = TimeText(channel.QuietFrom),
        QuietTo = TimeText(channel.QuietTo),
        IsEnabled = channel.IsEnabled,
    };

    /// <summary>What is to be stored; a secret that was left empty is the stored one.</summary>
    internal ChannelSettings ToSettings(ChannelSettings? stored)
    {
        var isMail = Kind == ChannelKinds.Smtp;
        var user = isMail ? Text(User) : null;
        return new(
            isMail ? null : Text(Url) ?? stored?.Url,
            // A token goes to the address for which it was entered, and to no other.
            isMail ? null : Text(Token) ?? (Text(Url) is null ? stored?.Token : null),
            isMail ? Text(Server) : null,
            isMail && int.TryParse(Port, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0,
            isMail && Enum.TryParse<SmtpSecurity>(Security, out var security) ? security : SmtpSecurity.StartTls,
            user,
            user is null ? null : Text(Password) ?? (stored?.Server == Text(Server) && stored?.User == user ? stored?.Password : null),
            isMail ? Text(Sender) : null,
            isMail ? Text(Recipients) : null,
            Text(ConsoleUrl));
    }

    /// <summary>Minutes since midnight, and whether the text made sense.</summary>
    internal static (int? Minutes, bool IsRight) Minutes(string? text) => Text(text) is not { } given ? (null, true)
        : TimeOnly.TryParseExact(given, "H:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? ((time.Hour * 60) + time.Minute, true)
        : (null, false);

    internal static string TimeText(int? minutes) => minutes is { } m ? AlertBook.TimeOfDay(m).ToString("HH:mm", CultureInfo.InvariantCulture) : "";

    private static string? Text(string? typed) => string.IsNullOrWhiteSpace(typed) ? null : typed.Trim();
}

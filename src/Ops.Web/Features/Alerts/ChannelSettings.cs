using System.Net.Mail;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using Ops.Web.Live;

namespace Ops.Web.Features.Alerts;

/// <summary>The kinds of channel, as stored and in metrics.</summary>
internal static class ChannelKinds
{
    public const string Webhook = "webhook", Alertmanager = "alertmanager", Smtp = "smtp";

    public static IReadOnlyList<(string Word, string Label)> All { get; } = [(Webhook, "Webhook (JSON)"), (Alertmanager, "Alertmanager"), (Smtp, "Mail (SMTP)")];

    public static string Label(string word) => All.FirstOrDefault(k => k.Word == word).Label ?? HostText.Escape(word);
}

/// <summary>How the connection to a mail server is protected.</summary>
public enum SmtpSecurity
{
    /// <summary>In the clear, then STARTTLS; a server without it gets nothing.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Tls,

    /// <summary>For a relay on the same machine or in a network of your own.</summary>
    None,
}

/// <summary>Where and how a channel delivers, secrets included; stored encrypted and never shown whole.</summary>
/// <param name="Url">Of a webhook or of Alertmanager. Its path and query may be a secret.</param>
/// <param name="Token">Sent as bearer token; null: none.</param>
/// <param name="Recipients">Addresses with commas.</param>
/// <param name="ConsoleUrl">Under which people open the console, for links; null: no links.</param>
public sealed record ChannelSettings(
    string? Url = null, string? Token = null, string? Server = null, int Port = 0, SmtpSecurity Security = SmtpSecurity.StartTls, string? User = null, string? Password = null, string? Sender = null,
    string? Recipients = null, string? ConsoleUrl = null)
{
    public const int MostRecipients = 20, LongestField = 1_000;

    [JsonIgnore]
    public IReadOnlyList<string> RecipientList => (Recipients ?? "").Split([',', ';', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Every text of it that no log and no page may show.</summary>
    [JsonIgnore]
    public IEnumerable<string> Secrets => new[] { Url, Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.PathAndQuery.Length > 4 ? url.PathAndQuery : null, Token, Password }
        .OfType<string>().Where(s => s.Length >= 4);

    /// <summary>Where it leads, without what may be a secret. For pages and the audit.</summary>
    public string Place(string kind) => kind == ChannelKinds.Smtp
        ? $"{Server}:{Port}, to {string.Join(", ", RecipientList)}"
        : Uri.TryCreate(Url, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) : "";

    /// <summary>Null when it can be used, else what to change.</summary>
    public string? Problem(string kind)
    {
        if (new[] { Url, Token, Server, User, Password, Sender, Recipients, ConsoleUrl }.Any(f => f is { Length: > LongestField } || f?.Any(c => char.IsControl(c) && c != '\n') == true))
            return $"No field is longer than {LongestField} characters, or has control characters.";
        if (ConsoleUrl is not null && !IsWebAddress(ConsoleUrl))
            return "The address of the console must begin with http:// or https://.";
        return kind switch
        {
            ChannelKinds.Webhook or ChannelKinds.Alertmanager => !IsWebAddress(Url) ? "The address must begin with http:// or https://."
                : new Uri(Url!).UserInfo.Length > 0 ? "Put the secret into the token, not before an @ in the address."
                : Token is { } token && token.Any(c => c is <= ' ' or > '~') ? "The token has characters that no header can carry."
                : null,
            ChannelKinds.Smtp => Uri.CheckHostName(Server ?? "") == UriHostNameType.Unknown ? "Name the mail server."
                : Port is < 1 or > 65_535 ? "The port is between 1 and 65535."
                : !MailAddress.TryCreate(Sender, out _) ? "The sender is not a mail address."
                : RecipientList is [] || RecipientList.Count > MostRecipients ? $"Give 1 to {MostRecipients} recipients, with commas between them."
                : RecipientList.FirstOrDefault(r => !MailAddress.TryCreate(r, out _)) is { } wrong ? $"{HostText.Escape(wrong)} is not a mail address."
                : User is null != Password is null ? "User and password go together."
                : User is not null && Security == SmtpSecurity.None && Server is not ("localhost" or "127.0.0.1" or "::1") ? "A password is sent over TLS only."
                : null,
            _ => "There is no such kind of channel.",
        };
    }

    private static bool IsWebAddress(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { Host.Length: > 0 };
}

[JsonSerializable(typeof(ChannelSettings))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
internal sealed partial class ChannelJson : JsonSerializerContext;

/// <summary>Encrypts what a channel must keep secret with the keys of the data directory: a copy of the database alone gives nothing away.</summary>
public sealed class ChannelVault(IDataProtectionProvider keys)
{
    private readonly IDataProtector _protector = keys.CreateProtector("Ops.Web.Features.Alerts.Channel");

    public string Lock(ChannelSettings settings) => _protector.Protect(JsonSerializer.Serialize(settings, ChannelJson.Default.ChannelSettings));

    /// <summary>Null when the keys are not those with which it was encrypted, as after a restore without them.</summary>
    public ChannelSettings? Open(string locked)
    {
        try
        {
            return JsonSerializer.Deserialize(_protector.Unprotect(locked), ChannelJson.Default.ChannelSettings);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or JsonException)
        {
            return null;
        }
    }
}

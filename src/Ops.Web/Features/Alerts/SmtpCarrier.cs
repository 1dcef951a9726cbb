using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MimeKit.Utils;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Alerts;

/// <summary>Sends a mail for each message; what one incident causes is one thread in the reader.</summary>
public sealed class SmtpCarrier : IAlertCarrier
{
    public string Kind => ChannelKinds.Smtp;

    public TimeSpan? RepeatEvery => null;

    public Task<DeliveryResult> DeliverAsync(ChannelSettings settings, IReadOnlyList<AlertNotice> notices, DateTimeOffset now, CancellationToken stop) => SendAsync(settings, MessageOf(settings, notices, now), stop);

    public Task<DeliveryResult> TestAsync(ChannelSettings settings, DateTimeOffset now, CancellationToken stop) =>
        SendAsync(settings, Message(settings, "Test of this channel", "An administrator of Mailstore Ops sent this test message.", now), stop);

    internal static MimeMessage MessageOf(ChannelSettings settings, IReadOnlyList<AlertNotice> notices, DateTimeOffset now)
    {
        var text = new StringBuilder();
        foreach (var notice in notices)
            Describe(notice, text);
        var message = Message(settings, notices is [var one] ? one.Subject : $"{notices[0].Subject}, and {Labels.Count(notices.Count - 1, "more incident", "more incidents")}", text.ToString(), now);
        // One name for all mails about an incident, so that its end is shown under its begin.
        foreach (var notice in notices)
            message.References.Add($"incident-{notice.Incident.Id}@mailstore-ops");
        return message;
    }

    private static void Describe(AlertNotice notice, StringBuilder text)
    {
        var i = notice.Incident;
        text.Append(notice.Subject).Append('\n');
        Line("Rule", i.Rule.Label());
        Line("Host", FilePath.Escape(i.Host));
        if (i.Mailbox is { } mailbox)
            Line(i.Rule == IncidentRule.Damage ? "Store" : "Mailbox", FilePath.Escape(mailbox));
        Line("Opened", Time(i.OpenedAt));
        if (i.ClosedAt is { } closed)
            Line("Over", Time(closed));
        if (i.MostVictims > 0)
            Line("Waiting", $"at most {Labels.Count(i.MostVictims, "process", "processes")} at once");
        if (notice.Link is { } link)
            Line("Page", link);
        text.Append('\n');

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name + ":",-9} {value}\n");
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static MimeMessage Message(ChannelSettings settings, string subject, string text, DateTimeOffset now)
    {
        var message = new MimeMessage { Subject = "[Mailstore Ops] " + HostText.Shorten(subject, 180), Date = now, MessageId = MimeUtils.GenerateMessageId("mailstore-ops") };
        message.From.Add(MailboxAddress.Parse(settings.Sender!));
        message.To.AddRange(settings.RecipientList.Select(MailboxAddress.Parse));
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Body = new TextPart("plain") { Text = text };
        return message;
    }

    private static async Task<DeliveryResult> SendAsync(ChannelSettings settings, MimeMessage message, CancellationToken stop)
    {
        using (message)
        using (var smtp = new SmtpClient { Timeout = (int)AlertPostman.Within.TotalMilliseconds })
        {
            try
            {
                await smtp.ConnectAsync(settings.Server!, settings.Port, settings.Security switch
                {
                    SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
                    SmtpSecurity.None => SecureSocketOptions.None,
                    _ => SecureSocketOptions.StartTls,
                }, stop);
                if (settings.User is { } user)
                    await smtp.AuthenticateAsync(user, settings.Password!, stop);
                var answer = await smtp.SendAsync(message, stop);
                try
                {
                    await smtp.DisconnectAsync(quit: true, stop);
                }
                catch (Exception e) when (IsBroken(e))
                {
                    // It has the mail.
                }
                return new(DeliveryState.Sent, $"Accepted: {answer}");
            }
            catch (AuthenticationException)
            {
                return new(DeliveryState.Refused, "The server did not accept user and password.");
            }
            catch (SmtpCommandException e)
            {
                return new((int)e.StatusCode >= 500 ? DeliveryState.Refused : DeliveryState.Failed, string.Create(CultureInfo.InvariantCulture, $"Answer {(int)e.StatusCode}: {e.Message}"));
            }
            catch (NotSupportedException)
            {
                return new(DeliveryState.Refused, "The server does not offer what the settings ask for: STARTTLS, or a way to sign in.");
            }
            catch (SslHandshakeException)
            {
                return new(DeliveryState.Failed, "No TLS connection: the certificate is not one that this machine trusts for that name, or the port does not speak TLS.");
            }
            catch (Exception e) when (IsBroken(e))
            {
                return new(DeliveryState.Failed, e.Message);
            }
        }
    }

    private static bool IsBroken(Exception e) => e is SocketException or IOException or TimeoutException or SmtpProtocolException or MailKit.ServiceNotConnectedException;
}

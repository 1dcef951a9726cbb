namespace Ops.Web.Features.Alerts;

internal static class AlertsRegistration
{
    public static void AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<ChannelVault>().AddSingleton<HttpPost>().AddSingleton<AlertPostman>().AddSingleton<AlertCounts>().AddSingleton<AlertsCommand>();
        services.AddSingleton<IAlertCarrier, WebhookCarrier>().AddSingleton<IAlertCarrier, AlertmanagerCarrier>().AddSingleton<IAlertCarrier, SmtpCarrier>();
        services.AddHostedService<AlertSender>();
    }
}

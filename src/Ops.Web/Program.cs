using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using MudBlazor;
using MudBlazor.Services;
using Ops.Agent;
using Ops.Cluster;
using Ops.Data;
using Ops.Web;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.Acts.Sheets;
using Ops.Web.Features.Alerts;
using Ops.Web.Features.Api;
using Ops.Web.Features.Approvals;
using Ops.Web.Features.Audit;
using Ops.Web.Features.Hosts;
using Ops.Web.Features.Incidents;
using Ops.Web.Features.Integrity;
using Ops.Web.Features.Metrics;
using Ops.Web.Features.Rules;
using Ops.Web.Features.Shadow;
using Ops.Web.Features.SignIn;
using Ops.Web.Features.Wall;
using Ops.Web.Live;
using Ops.Web.Live.Joining;
using Ops.Web.Shared;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Configuration.AddCommandLine(args, new Dictionary<string, string> { ["--data"] = $"{WebOptions.Section}:{nameof(WebOptions.DataDirectory)}" });
builder.WebHost.UseStaticWebAssets(); // does nothing in published output; makes `dotnet run` and tests serve assets in every environment
if (string.IsNullOrEmpty(builder.Configuration["urls"]) && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists()
    && string.IsNullOrEmpty(builder.Configuration["http_ports"]) && string.IsNullOrEmpty(builder.Configuration["https_ports"]))
{
    builder.WebHost.UseUrls(WebOptions.DefaultUrl);
}

builder.WebHost.ConfigureKestrel(k => k.AddServerHeader = false);

builder.Services.AddOptions<WebOptions>().BindConfiguration(WebOptions.Section).ValidateOnStart();
builder.Services.AddSingleton<IValidateOptions<WebOptions>, WebOptions.Validator>();
var options = builder.Configuration.GetSection(WebOptions.Section).Get<WebOptions>() ?? new();
if (new WebOptions.Validator().Validate(null, options) is { Failed: true } wrong)
    return Refuse(wrong.FailureMessage);
if (await BackupCommand.RunAsync(args, options) is { } ended)
    return ended;
AgentEndpoint.Add(builder, options.AgentEndPoint);
var dataDirectory = Path.GetFullPath(options.DataDirectory);

builder.Services.AddSingleton(TimeProvider.System);
// Before everything that runs in the background: a console takes its place among the others first.
if (options.Fleet)
    builder.AddConsoles(options.Cluster, options.ConnectionString!);
else
    builder.Services.AddOneConsole();
builder.Services.AddSingleton(s => new ConsoleRun(s.GetRequiredService<ConsoleId>().Address, options.Fleet));
builder.Services.AddOpsData(options.Database, options.ConnectionString, dataDirectory);
builder.Services.AddSignIn(options.Database == DataRegistration.Sqlite ? dataDirectory : null, options.SignInIdle);
builder.Services.AddSingleton(HistoryRetention.Default with { Episodes = TimeSpan.FromDays(options.HistoryDays) });
builder.Services.AddLive(options.ToLimits());
builder.AddLocalAgents(options.AgentSocket, LocalSocket.MayJoin, LocalSocket.ProblemOfPlace);
builder.Services.AddSingleton<OperationBoard>().AddSingleton<OperationRuns>().AddSingleton<StoredOperations>().AddSingleton<ActCheck>().AddSingleton<ActAudit>().AddSingleton<ActPreviews>().AddSingleton<ActStart>().AddSingleton<ActCommand>().AddSingleton<UndoStart>().AddSingleton<ApprovedActs>().AddSingleton<IActDesk, ActDesk>().AddSingleton<HostsCommand>().AddSingleton<RulesCommand>();
builder.Services.AddSingleton<ActPace>().AddSingleton<BatchCommand>().AddSingleton<IBatchDesk>(s => s.GetRequiredService<BatchCommand>()).AddSingleton<IShadowReader, ShadowReader>().AddSingleton<QuarantineReader>().AddSingleton<IQuarantineReader>(s => s.GetRequiredService<QuarantineReader>()).AddSingleton<ApprovalBook>().AddSingleton<ApprovalDesk>().AddSingleton<BreakGlassBook>();
builder.Services.AddSingleton<IncidentDesk>().AddSingleton<ActCounts>().AddSingleton<MetricsNow>().AddSingleton<IIntegrityDesk, IntegrityDesk>();
builder.Services.AddAlerts();
if (CollectorTarget.OfEnvironment() is { } collector)
    builder.Services.AddSingleton(collector).AddHostedService<CollectorPush>();
builder.Services.AddWall();
builder.Services.AddApi();
builder.Services.AddHostedService(s => s.GetRequiredService<ApprovalBook>());
builder.Services.AddHostedService(s => s.GetRequiredService<BreakGlassBook>());
builder.Services.AddHostedService(s => s.GetRequiredService<OperationRuns>());
if (options.RunsAgent)
{
    // The one place that knows the agent's own types: to everything else it is an agent like any remote one.
    builder.Services.AddEmbeddedAgent(services =>
    {
        var settings = AgentSettings.Load(options.PolicyFile, options.Roots, options.StateDirectory, options.HostName);
        var engine = new AgentEngine(settings, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<AgentEngine>>());
        engine.ServeAudits();
        // One that failed is started again: the audit of the one before must not go on next to it.
        return new(engine, async (hub, stop) =>
        {
            using (engine)
                await engine.RunAsync(hub, stop);
        });
    });
}
builder.Services.AddRazorComponents().AddInteractiveServerComponents();
// The style sheet and script of MudBlazor: its package names them in a way that leaves them out of what the build compresses, 700 KB for each new browser.
// Nothing else: what is secret in a page must not be compressed next to what a stranger can put there (BREACH).
builder.Services.AddResponseCompression(o => (o.EnableForHttps, o.MimeTypes) = (true, ["text/css", "text/javascript"]));
builder.Services.AddMudServices(o => o.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database").AddCheck<AuditHealth>("audit").AddCheck<AgentHealth>("agents").AddCheck<ReadyHealth>(ReadyHealth.Name);
if (options.Database == DataRegistration.Sqlite)
    builder.Services.AddHealthChecks().AddCheck("keys", new KeysHealth(Path.Join(dataDirectory, "keys"), TimeProvider.System));

var app = builder.Build();
string? setupToken;
try
{
    await app.Services.MigrateOpsDataAsync();
    if (options.AgentEndPoint is not null || options.Fleet)
        await app.Services.GetRequiredService<AgentAuthority>().OpenAsync();
    // Before anything listens: a console whose audit cannot be written does not start.
    setupToken = await Welcome.SetupTokenAsync(app.Services);
}
catch (Exception e) when (StorageFailure.Is(e))
{
    return Refuse(StorageFailure.Sentence(e, dataDirectory), StorageFailure.ExitCode);
}

AgentEndpoint.Guard(app);
app.GuardLocalAgents();
app.UseExceptionHandler("/failed");
app.UseStatusCodePagesWithReExecute("/not-found");
app.Use(static async (http, next) =>
{
    await next(http);
    // A page for people who follow an old link; agents and forms keep the bare answer.
    if (http.Response.StatusCode != StatusCodes.Status404NotFound || !(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)))
        http.Features.Get<IStatusCodePagesFeature>()?.Enabled = false;
});
app.UseWebSockets();
app.UseResponseCompression();
app.UseSecurityHeaders();
app.UseRateLimiter();
app.UseAuthentication();
app.UseAuthorization();
app.UseOpenPages();
app.UseAntiforgery();
app.MapStaticAssets().AllowAnonymous();
app.MapThemeSheet();
app.MapHealth();
app.MapSignOut();
app.MapAuditExport();
app.MapIncidentExport();
app.MapMetrics(options.MetricsToken);
app.MapIntegrityExport();
app.MapWall();
app.MapApi();
app.MapRescueDownload();
app.MapAgentHub();
app.MapJoining();
// Our own policy says it more strictly.
app.MapRazorComponents<App>().AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null).AnswerHead();

try
{
    await app.StartAsync();
}
catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    return Refuse($"{e.Message} Another program listens there; choose another address with --urls http://127.0.0.1:PORT.");
}
catch (AgentSocketException e)
{
    return Refuse(e.Message);
}
catch (Exception e) when (StorageFailure.IsOfDatabase(e))
{
    return Refuse(StorageFailure.Sentence(e, dataDirectory), StorageFailure.ExitCode);
}

Welcome.Say(app.Services, setupToken, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [], dataDirectory, options.RunsAgent);
await app.WaitForShutdownAsync();
return 0;

static int Refuse(string why, int code = 1)
{
    Console.Error.WriteLine(why);
    return code;
}

using System.Security.Claims;
using Bunit;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Services;
using Ops.Data;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Acts.Sheets;
using Ops.Web.Features.Integrity;
using Ops.Web.Features.Shadow;
using Ops.Web.Live;
using Ops.Web.Live.Recording;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

/// <summary>A page with one live host behind it, signed in as an operator.</summary>
public abstract class PageTest : BunitContext, IAsyncLifetime
{
    private protected const string HostId = "host-1";
    private IRenderedComponent<MudDialogProvider>? _sheets;

    protected PageTest()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Live = new LiveState(Clock);
        Services.AddSingleton<TimeProvider>(Clock);
        Services.AddSingleton(Live);
        Services.AddSingleton<MailboxBoards>();
        Services.AddSingleton<HistoryPulse>();
        Services.AddSingleton<IHistory>(Past);
        Services.AddSingleton<IActDesk>(Desk);
        Services.AddSingleton<IQuarantineReader>(Quarantines);
        Services.AddSingleton<IShadowReader>(Shadows);
        Services.AddSingleton<IIntegrityDesk>(Integrity);
        Services.AddSingleton<IBatchDesk>(Bulks);
        Services.AddSingleton(Board);
        Services.AddMudServices(o => o.PopoverOptions.CheckForPopoverProvider = false);
        // bUnit's own stand-in needs a package that cannot be had; the real services do.
        Services.AddAuthorizationCore();
        Services.AddSingleton<IAuthorizationService, DefaultAuthorizationService>();
        Services.AddSingleton<IAuthorizationPolicyProvider, DefaultAuthorizationPolicyProvider>();
        Services.AddSingleton<AuthenticationStateProvider>(Who);
        Services.AddCascadingAuthenticationState();
        AddTo(Services);
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        Live.SetStatus(Status());
    }

    /// <summary>What a page needs beyond that. Called by the constructor: later none can be added.</summary>
    private protected virtual void AddTo(IServiceCollection services)
    {
    }

    public Task InitializeAsync() => Task.CompletedTask;

    // Some of MudBlazor's services can only be disposed asynchronously.
    async Task IAsyncLifetime.DisposeAsync() => await base.DisposeAsync();

    private protected ManualClock Clock { get; } = new();

    /// <summary>Where dialogs appear: not within the page that opens them.</summary>
    private protected IRenderedComponent<MudDialogProvider> Sheets => _sheets ??= base.Render<MudDialogProvider>();

    /// <summary>Clicks in a dialog. Found and clicked in one step of its renderer: a dialog that draws itself again in between would have another button there.</summary>
    /// <remarks>Completes when the click has been handled, at the latest when the handler waits for the first time: one that starts an operation waits for its end.</remarks>
    private protected Task PressAsync(string css, Index? at = null) => Sheets.InvokeAsync(() => Sheets.FindAll(css).ToList()[at ?? 0].Click());

    /// <summary>The same, and waits until the handler has come to its end.</summary>
    private protected Task PressToTheEndAsync(string css, Index? at = null) => Sheets.InvokeAsync(() => Sheets.FindAll(css).ToList()[at ?? 0].ClickAsync(new()));

    /// <summary>Chooses as the open list of a filter does.</summary>
    private protected static Task ChooseAsync<T>(IRenderedComponent<T> page, string id, string word)
        where T : class, IComponent
    {
        var choice = page.FindComponents<Choice>().Single(c => c.Instance.Id == id);
        return choice.InvokeAsync(() => choice.Instance.ValueChanged.InvokeAsync(word));
    }

    private protected new IRenderedComponent<T> Render<T>(Action<ComponentParameterCollectionBuilder<T>>? parameters = null)
        where T : IComponent
    {
        _ = Sheets;
        return base.Render(parameters);
    }

    private protected LiveState Live { get; }

    private protected FakeDesk Desk { get; } = new();

    private protected FakeReader Quarantines { get; } = new();

    private protected FakeHistory Past { get; } = new();

    private protected FakeShadows Shadows { get; } = new();

    private protected FakeIntegrity Integrity { get; } = new();

    private protected FakeBatches Bulks { get; } = new();

    private protected OperationBoard Board { get; } = new();

    private protected SignedIn Who { get; } = new();

    private protected NavigationManager Nav => Services.GetRequiredService<NavigationManager>();

    private protected HostStatus Status(bool privileged = true, params IReadOnlyList<BlindSpot> blindSpots) => new(
        HostId, "mail1", "embedded", true, HostConnection.Live, null, "0.1.0", Guid.Empty, privileged, ["break"], ["/var/mail", "/var/spool/imap"], blindSpots,
        new Dictionary<string, double>(), Clock.GetUtcNow(), Clock.GetUtcNow());

    private protected void Report(params IReadOnlyList<Finding> findings) => Live.Replace(HostId, findings, s => s);

    /// <summary>A change reported by the agent; pages show it when their turn comes: see <see cref="Eventually"/>.</summary>
    private protected void Change(IReadOnlyList<Finding> openedOrChanged, params IReadOnlyList<string> closed) => Live.Apply(HostId, openedOrChanged, closed, s => s);

    /// <summary>Waits for what a page shows after a change. The clock moves only while somebody waits for it, so that nothing grows old meanwhile.</summary>
    private protected async Task Eventually(IRenderedComponent<IComponent> page, Action assertion)
    {
        await Wait.Until(async () =>
        {
            var passed = false;
            await page.InvokeAsync(() => passed = Passes(assertion));
            if (!passed && Clock.Waiting > 0)
                Clock.Advance(TimeSpan.FromMilliseconds(100));
            return passed;
        });
    }

    private static bool Passes(Action assertion)
    {
        try
        {
            assertion();
            return true;
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or ElementNotFoundException)
        {
            return false;
        }
    }

    /// <summary>A kernel lock held or waited for by one process.</summary>
    private protected static Finding Lock(string key, string group, int pid, int depth = 0, params IReadOnlyList<int> blockedBy) => Some.Finding(key, depth == 0 ? "held" : "waiting", "kernel-lock") with
    {
        Path = "/var/spool/imap/" + group,
        Owner = new(pid, null, null, null, "imapd"),
        Lock = new("posix", "write", "whole file", group, depth, null, null, blockedBy, []),
    };

    private protected sealed class SignedIn : AuthenticationStateProvider
    {
        public string Role { get; set; } = "Operator";

        /// <summary>A person of a real database; null for one who is nowhere but on the page.</summary>
        public ClaimsPrincipal? User { get; set; }

        public override Task<AuthenticationState> GetAuthenticationStateAsync() =>
            Task.FromResult(new AuthenticationState(User ?? new(new ClaimsIdentity([new(ClaimTypes.Name, "anna"), new(ClaimTypes.Role, Role)], "test"))));
    }
}

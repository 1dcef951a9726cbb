using Microsoft.AspNetCore.Components;
using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>A component that renders the live state now and again whenever it changes, a few times a second at most.</summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    /// <summary>A person reads no faster; a page of 10,000 rows is arranged again for each.</summary>
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();

    [Inject]
    protected LiveState Live { get; set; } = default!;

    [Inject]
    protected TimeProvider Clock { get; set; } = default!;

    /// <summary>The state that is shown.</summary>
    protected LiveView View { get; private set; } = default!;

    /// <summary>The newest state; <see cref="View"/> stays behind it while the page is paused.</summary>
    protected LiveView Latest { get; private set; } = default!;

    protected bool IsPaused { get; private set; }

    /// <summary>Called before each render for a newer <see cref="View"/>, the first included. False: nothing that this component shows has changed.</summary>
    protected virtual bool ViewChanged() => true;

    /// <summary>Called for each newer <see cref="Latest"/> while the page is paused. True: what it says about the pause has changed.</summary>
    protected virtual bool MissedChanged() => false;

    protected void TogglePause()
    {
        IsPaused = !IsPaused;
        // Caught up in one step; the count starts at nothing again.
        View = Latest;
        ViewChanged();
        MissedChanged();
    }

    protected override void OnInitialized()
    {
        var live = Live.Subscribe(_stop.Token);
        View = Latest = live.Initial;
        ViewChanged();
        // While prerendering nothing disposes in time and nothing could be pushed.
        if (RendererInfo.IsInteractive)
            _ = FollowAsync(live.Changes);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing || _stop.IsCancellationRequested)
            return;
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task FollowAsync(IAsyncEnumerable<LiveView> changes)
    {
        var stop = _stop.Token;
        try
        {
            await foreach (var view in changes)
            {
                await InvokeAsync(() =>
                {
                    Latest = view;
                    if (!IsPaused)
                        View = view;
                    if (IsPaused ? MissedChanged() : ViewChanged())
                        StateHasChanged();
                });
                await Task.Delay(LeastInterval, Clock, stop);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
        catch (Exception e)
        {
            // Shown by the error boundary of the layout: a page that silently stopped following would look like "quiet".
            await DispatchExceptionAsync(e);
        }
    }
}

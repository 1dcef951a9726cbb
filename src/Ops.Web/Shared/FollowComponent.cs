using Microsoft.AspNetCore.Components;
using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>A component that renders one value now and again whenever it is replaced.</summary>
public abstract class FollowComponent<T> : ComponentBase, IDisposable
    where T : class
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The value that is shown.</summary>
    protected T Now { get; private set; } = default!;

    protected CancellationToken Stopped => _stop.Token;

    protected abstract StateSubscription<T> Subscribe(CancellationToken stop);

    /// <summary>Called before each render for a newer value, the first included.</summary>
    protected virtual Task ChangedAsync() => Task.CompletedTask;

    protected override async Task OnInitializedAsync()
    {
        var subscription = Subscribe(_stop.Token);
        Now = subscription.Initial;
        await ChangedAsync();
        // While prerendering nothing disposes in time and nothing could be pushed.
        if (RendererInfo.IsInteractive)
            _ = FollowAsync(subscription.Changes);
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

    private async Task FollowAsync(IAsyncEnumerable<T> changes)
    {
        try
        {
            await foreach (var value in changes)
            {
                await InvokeAsync(async () =>
                {
                    Now = value;
                    await ChangedAsync();
                    StateHasChanged();
                });
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    }
}

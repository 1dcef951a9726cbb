using Microsoft.AspNetCore.Components;
using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>A page that shows what each host's agent answers to one question: asks when it is opened, when a host comes or goes, and on request.</summary>
public abstract class HostAnswers<T> : LiveComponent
    where T : class
{
    private readonly CancellationTokenSource _leave = new();
    private readonly SeenParts _gates = new();
    private readonly Dictionary<string, T> _answers = new(StringComparer.Ordinal);
    // Hosts that are being asked; true: something happened there in between, so ask again.
    private readonly Dictionary<string, bool> _asking = new(StringComparer.Ordinal);
    private Dictionary<string, HostConnection> _links = new(StringComparer.Ordinal);

    protected IReadOnlyCollection<T> Answers => _answers.Values;

    protected bool IsAsking => _asking.Count > 0;

    /// <summary>When the last answer came.</summary>
    protected DateTimeOffset? AskedAt { get; private set; }

    protected bool IsLeft => _leave.IsCancellationRequested;

    protected abstract Task<T> AskAsync(string hostId, CancellationToken stop);

    /// <summary>Called when the answers have changed, before the page renders.</summary>
    protected abstract void Arrange();

    // Heartbeats change nothing here.
    protected override bool ViewChanged()
    {
        var links = View.Hosts.ToDictionary(h => h.Status.HostId, h => h.Status.Connection, StringComparer.Ordinal);
        var before = _links;
        _links = links;
        var isChanged = _gates.Changed(View.Hosts.SelectMany(SeenParts.Gate));
        foreach (var gone in _answers.Keys.Except(links.Keys).ToList())
            isChanged |= _answers.Remove(gone);
        // While prerendering no one would see the answer.
        if (RendererInfo.IsInteractive)
        {
            foreach (var (host, link) in links)
            {
                if (before.TryGetValue(host, out var was) && (was == HostConnection.Lost) == (link == HostConnection.Lost))
                    continue;
                isChanged = true;
                Ask(host);
            }
        }
        if (isChanged)
            Arrange();
        return isChanged;
    }

    protected void AskAll()
    {
        foreach (var host in _links.Keys)
            Ask(host);
    }

    /// <summary>Once more after the question that is under way, if one is.</summary>
    protected void Ask(string hostId)
    {
        if (IsLeft || !_links.ContainsKey(hostId))
            return;
        if (!_asking.TryAdd(hostId, false))
            _asking[hostId] = true;
        else
            _ = FetchAsync(hostId);
    }

    private async Task FetchAsync(string hostId)
    {
        try
        {
            var answer = await AskAsync(hostId, _leave.Token);
            await InvokeAsync(() =>
            {
                var again = _asking.Remove(hostId, out var isStale) && isStale;
                if (_links.ContainsKey(hostId))
                    _answers[hostId] = answer;
                AskedAt = Clock.GetUtcNow();
                Arrange();
                if (again)
                    Ask(hostId);
                StateHasChanged();
            });
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

    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsLeft)
        {
            _leave.Cancel();
            _leave.Dispose();
        }
        base.Dispose(disposing);
    }
}

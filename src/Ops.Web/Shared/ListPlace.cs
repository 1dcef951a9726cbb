using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace Ops.Web.Shared;

/// <summary>What a list page shows, as its address says it.</summary>
public interface IListFilter<TSelf>
    where TSelf : IListFilter<TSelf>
{
    static abstract string Path { get; }

    /// <summary>The address of the selected row; empty for none.</summary>
    string Selected { get; }

    static abstract TSelf Parse(string address);

    TSelf WithSelected(string address);

    string ToAddress();
}

/// <summary>Where a list page is: its filter and its selected row, both in the address, so that a link, Back and a reload lead to the same view.</summary>
public sealed class ListPlace<TFilter, TRow> : IDisposable
    where TFilter : IListFilter<TFilter>
    where TRow : class
{
    private readonly NavigationManager _nav;
    private readonly Action _arrange;

    /// <param name="arrange">Called when the address has changed: arranges the rows for <see cref="Filter"/> and renders.</param>
    public ListPlace(NavigationManager nav, Action arrange)
    {
        (_nav, _arrange) = (nav, arrange);
        Filter = TFilter.Parse(nav.Uri);
        nav.LocationChanged += Moved;
    }

    public TFilter Filter { get; private set; }

    /// <summary>The selected row as it was last seen.</summary>
    public TRow? Row { get; private set; }

    /// <summary>True when <see cref="Row"/> is no longer listed. It stays as it was last seen: the panel must not jump to something else.</summary>
    public bool IsGone { get; private set; }

    /// <summary><see cref="Row"/>, for a page that does not keep what is gone.</summary>
    public TRow? Listed => IsGone ? null : Row;

    /// <summary>Another filter; the selection stays.</summary>
    public void Go(TFilter filter) => _nav.NavigateTo(filter.WithSelected(Filter.Selected).ToAddress(), replace: true);

    public void Select(string address) => _nav.NavigateTo(Filter.WithSelected(address).ToAddress(), replace: true);

    /// <summary>After the rows have changed.</summary>
    /// <param name="find">The row of an address; null when there is none.</param>
    public void Follow(Func<string, TRow?> find, Func<TRow, string> addressOf)
    {
        var now = Filter.Selected.Length == 0 ? null : find(Filter.Selected);
        IsGone = now is null && Row is { } last && addressOf(last) == Filter.Selected;
        Row = now ?? (IsGone ? Row : null);
    }

    public void Dispose() => _nav.LocationChanged -= Moved;

    private void Moved(object? sender, LocationChangedEventArgs change)
    {
        if (!new Uri(change.Location).AbsolutePath.Equals(TFilter.Path, StringComparison.Ordinal))
            return;
        Filter = TFilter.Parse(change.Location);
        _arrange();
    }
}

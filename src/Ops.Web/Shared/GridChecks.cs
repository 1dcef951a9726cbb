using Microsoft.AspNetCore.Components;

namespace Ops.Web.Shared;

/// <summary>How the rows of a grid are ticked: by click, with shift for a range, with the space bar, shift and arrows, and Ctrl+A. The page keeps which ones are.</summary>
/// <param name="LabelOf">For people who do not see the row: "Select /var/mail/alice.lock".</param>
/// <param name="AllLabel">Of the box in the head: "Select all 12 shown".</param>
/// <param name="Checked">Rows, and whether they are to be ticked from now on.</param>
public sealed record GridChecks<TRow>(
    Func<TRow, bool> CanCheck, Func<TRow, bool> IsChecked, Func<TRow, string> LabelOf, string AllLabel, bool AreAllChecked,
    EventCallback<(IReadOnlyList<TRow> Rows, bool On)> Checked, EventCallback ToggleAll);

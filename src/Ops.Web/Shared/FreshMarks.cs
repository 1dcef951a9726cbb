namespace Ops.Web.Shared;

/// <summary>Which rows are new or have just changed, so that they can be marked for a few seconds. What was there when the page opened is not news.</summary>
public sealed class FreshMarks
{
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    private readonly Dictionary<string, (object Value, DateTimeOffset ChangedAt, int Changes)> _seen = new(StringComparer.Ordinal);
    private bool _first = true;

    /// <summary>Takes in the rows of an update. A row counts as changed when its value is another object.</summary>
    public void Update(IEnumerable<(string Key, object Value)> rows, DateTimeOffset now)
    {
        var gone = new HashSet<string>(_seen.Keys, StringComparer.Ordinal);
        foreach (var (key, value) in rows)
        {
            gone.Remove(key);
            if (!_seen.TryGetValue(key, out var before))
                _seen[key] = (value, _first ? DateTimeOffset.MinValue : now, _first ? 0 : 1);
            else if (!ReferenceEquals(before.Value, value))
                _seen[key] = (value, now, before.Changes + 1);
        }
        foreach (var key in gone)
            _seen.Remove(key);
        _first = false;
    }

    /// <summary>A CSS class while the mark lasts. Two names in turn, because only another name starts the animation again.</summary>
    public string? Class(string key, DateTimeOffset now) =>
        _seen.TryGetValue(key, out var row) && row.Changes > 0 && now - row.ChangedAt < Duration ? row.Changes % 2 == 1 ? "fresh-a" : "fresh-b" : null;
}

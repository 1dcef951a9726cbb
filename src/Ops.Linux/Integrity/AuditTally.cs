using System.Collections.Immutable;
using System.Globalization;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Counts while an audit runs.</summary>
internal sealed class AuditTally
{
    private const int NoteLimit = 200;
    private readonly Dictionary<string, long> _notes = new(StringComparer.Ordinal);
    private readonly List<string> _places = [];
    private long _placesLeftOut;

    private volatile AuditCounts _counts = new();

    /// <summary>As they are now. May be read from any thread: each change makes new ones.</summary>
    public AuditCounts Counts => _counts;

    public void Count(Func<AuditCounts, AuditCounts> change) => _counts = change(_counts);

    public void Read(ReadReason reason) => Count(c => c with { Read = c.Read + 1, Reasons = c.Reasons.SetItem(reason, c.Reasons.GetValueOrDefault(reason) + 1) });

    /// <summary>A place that was not seen.</summary>
    public void NotSeen(FilePath path, string why)
    {
        if (_places.Count < NoteLimit)
            _places.Add($"{path.Display}: {why}");
        else
            _placesLeftOut++;
    }

    /// <summary>One of many things that were not seen for one reason.</summary>
    public void NotSeen(string what) => _notes[what] = _notes.GetValueOrDefault(what) + 1;

    public IReadOnlyList<string> AllNotSeen() =>
    [
        .. _places,
        .. _placesLeftOut > 0 ? [string.Create(CultureInfo.InvariantCulture, $"{_placesLeftOut} more places")] : Array.Empty<string>(),
        .. _notes.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Value} {n.Key}")),
    ];
}

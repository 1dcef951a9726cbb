using System.Globalization;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Counts while an audit runs.</summary>
internal sealed class AuditTally
{
    private const int NoteLimit = 200;
    private readonly Dictionary<ReadReason, long> _reasons = [];
    private readonly Dictionary<string, long> _notes = new(StringComparer.Ordinal);
    private readonly List<string> _places = [];
    private long _placesLeftOut;

    public long Mailboxes { get; set; }

    public long Messages { get; set; }

    public long WithoutDigest { get; set; }

    public long WithoutSize { get; set; }

    public long Archived { get; set; }

    public long Encoded { get; set; }

    public long WrittenAgain { get; set; }

    public long Settled { get; set; }

    public long Unsettled { get; set; }

    public void Read(ReadReason reason) => _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;

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

    /// <param name="readBytes">With those of later looks.</param>
    public AuditCounts ToCounts(long readBytes, TimeSpan duration) => new()
    {
        Mailboxes = Mailboxes,
        Messages = Messages,
        Read = _reasons.Values.Sum(),
        ReadBytes = readBytes,
        Reasons = _reasons,
        WithoutDigest = WithoutDigest,
        WithoutSize = WithoutSize,
        Archived = Archived,
        Encoded = Encoded,
        WrittenAgain = WrittenAgain,
        Settled = Settled,
        Unsettled = Unsettled,
        Duration = duration,
    };
}

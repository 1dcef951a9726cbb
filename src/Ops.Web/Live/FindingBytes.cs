using System.Buffers;
using System.Text.Json;

namespace Ops.Web.Live;

/// <summary>About how much memory one agent's findings take here: their length as JSON, whatever their fields, doubled since text is UTF-16 in memory.</summary>
/// <remarks>One of each session; not for several threads at once.</remarks>
internal sealed class FindingBytes
{
    private ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Dictionary<string, long> _byKey = new(StringComparer.Ordinal);

    public long Total { get; private set; }

    public long Of(Finding finding)
    {
        _buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_buffer))
            JsonSerializer.Serialize(writer, finding, OpsJson.Default.Finding);
        var length = 2L * _buffer.WrittenCount;
        // One huge finding must not leave its buffer behind.
        if (_buffer.Capacity > 1_000_000)
            _buffer = new(4096);
        return length;
    }

    /// <summary>Counts the finding, in the place of an earlier one with its key. False: it would be too much, and nothing was counted.</summary>
    public bool TryAdd(Finding finding, long most)
    {
        var (before, now) = (_byKey.GetValueOrDefault(finding.Key), Of(finding));
        if (Total - before + now > most)
            return false;
        _byKey[finding.Key] = now;
        Total += now - before;
        return true;
    }

    public void Remove(string key)
    {
        if (_byKey.Remove(key, out var bytes))
            Total -= bytes;
    }
}

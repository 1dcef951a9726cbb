namespace Ops.Locks;

/// <summary>Which of the places a directory may be, by the bytes of its path alone. Never leaves out one that it is.</summary>
/// <remarks>A store has a hundred thousand directories, and some forty expressions for each would cost more than reading their names.</remarks>
internal sealed class PlacePrefilter
{
    private readonly PatternStarts[] _directory, _parent, _component;
    private readonly UInt128[] _byDirectory, _byParent, _byComponent;
    private readonly UInt128 _anyPath;

    public PlacePrefilter(IReadOnlyList<Place> places)
    {
        _directory = [.. places.Select(p => PatternStarts.OfName(p.Directory))];
        _parent = [.. places.Select(p => PatternStarts.OfName(p.Parent))];
        _component = [.. places.Select(p => PatternStarts.OfComponent(p.Path))];
        _byDirectory = ByFirst(_directory);
        _byParent = ByFirst(_parent);
        _byComponent = ByFirst(_component);
        for (var i = 0; i < places.Count; i++)
            _anyPath |= places[i].Path is null ? UInt128.One << i : 0;
    }

    /// <summary>One bit for each place, in their order.</summary>
    public UInt128 Possible(PlaceFacts place)
    {
        var path = place.Directory.Bytes;
        var last = path.LastIndexOf((byte)'/');
        var name = path[(last + 1)..];
        var above = last > 0 ? path[..last] : default;
        var parent = above[(above.LastIndexOf((byte)'/') + 1)..];
        var possible = _byDirectory[First(name)] & _byParent[First(parent)];
        if (possible == 0)
            return 0;
        UInt128 result = 0;
        for (possible &= place.OnPath(this); possible != 0; possible &= possible - 1)
        {
            var i = (int)UInt128.TrailingZeroCount(possible);
            if (_directory[i].MayMatch(name) && _parent[i].MayMatch(parent))
                result |= UInt128.One << i;
        }
        return result;
    }

    /// <summary>Places that the components of this path do not rule out.</summary>
    public UInt128 OnPath(ReadOnlySpan<byte> path)
    {
        var found = _anyPath;
        while (!path.IsEmpty)
        {
            var slash = path.IndexOf((byte)'/');
            found |= OfComponent(slash < 0 ? path : path[..slash]);
            path = slash < 0 ? default : path[(slash + 1)..];
        }
        return found;
    }

    /// <summary>Places that one component alone does not rule out.</summary>
    public UInt128 OfComponent(ReadOnlySpan<byte> component)
    {
        UInt128 found = 0;
        for (var possible = _byComponent[First(component)]; possible != 0; possible &= possible - 1)
        {
            var i = (int)UInt128.TrailingZeroCount(possible);
            if (_component[i].MayMatch(component))
                found |= UInt128.One << i;
        }
        return found;
    }

    private static byte First(ReadOnlySpan<byte> name) => name.IsEmpty ? (byte)0 : name[0];

    private static UInt128[] ByFirst(PatternStarts[] starts)
    {
        var table = new UInt128[256];
        UInt128 any = 0;
        for (var i = 0; i < starts.Length; i++)
        {
            var bit = UInt128.One << i;
            var bytes = starts[i].FirstBytes;
            any |= bytes is null ? bit : 0;
            foreach (var first in bytes ?? [])
                table[first] |= bit;
        }
        for (var first = 0; first < table.Length; first++)
            table[first] |= any;
        return table;
    }
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Ops.Web.Features.Api;

/// <summary>Where a page of a list ended: the place of its last item, not a count, so that what comes and goes moves nothing over the edge.</summary>
internal static class ApiCursor
{
    public const int DefaultLimit = 100, MostLimit = 1_000;

    public static string Of(string hostId, string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{hostId.Length}:{hostId}{key}")));

    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Null for a text that <see cref="Of(string, string)"/> never wrote.</summary>
    public static (string HostId, string Key)? Place(string cursor)
    {
        if (!Base64Url.IsValid(cursor))
            return null;
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= text.Length - colon - 1
            ? (text.Substring(colon + 1, length), text[(colon + 1 + length)..])
            : null;
    }

    /// <summary>Null for a text that <see cref="Of(long)"/> never wrote.</summary>
    public static long? Number(string cursor) => long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Why the two are refused; null when they are not.</summary>
    /// <param name="isReadable">Whether the cursor, where there is one, was read.</param>
    public static string? Refusal(int limit, bool isReadable) =>
        limit is < 1 or > MostLimit ? $"A page has 1 to {MostLimit} items; limit says {limit}."
        : isReadable ? null : "This cursor was not given by this list. Begin without one.";

    /// <summary>One page of items that are in the order of host id and key.</summary>
    public static (List<T> Items, string? Next) Page<T>(IEnumerable<T> ordered, (string HostId, string Key)? after, int limit, Func<T, (string HostId, string Key)> placeOf)
    {
        var items = ordered.Where(i => after is not { } place || IsBehind(placeOf(i), place)).Take(limit + 1).ToList();
        if (items.Count <= limit)
            return (items, null);
        items.RemoveAt(limit);
        var (hostId, key) = placeOf(items[^1]);
        return (items, Of(hostId, key));
    }

    private static bool IsBehind((string HostId, string Key) item, (string HostId, string Key) place) =>
        string.CompareOrdinal(item.HostId, place.HostId) is var hosts and not 0 ? hosts > 0 : string.CompareOrdinal(item.Key, place.Key) > 0;
}

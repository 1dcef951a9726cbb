using System.Net;
using System.Net.Sockets;

namespace Ops.Web.Features.SignIn;

/// <summary>Whom one attempt to sign in is counted against.</summary>
/// <param name="Name">What was typed, normalized; whether such a user exists makes no difference.</param>
/// <param name="Address">Where the attempt comes from; null when that is not known.</param>
/// <param name="Browser">Id of a browser in which this very user has signed in before; null for any other.</param>
public sealed record SignInAttempt(string Name, IPAddress? Address, string? Browser)
{
    /// <summary>A code of a second factor, tried by someone who knows the password.</summary>
    public bool IsCode { get; init; }
}

/// <summary>
/// Counts wrong passwords. Five from one address shut that address out for this name, fifty from all addresses shut out every browser that the user has not
/// signed in with before. A browser that the user has signed in with has a count of its own, so that other people's guesses never lock its user out.
/// </summary>
/// <remarks>Singleton. In memory: a restart forgets it, which an attacker cannot cause. At most <see cref="MostCounts"/> counts are kept, the latest.</remarks>
public sealed class SignInLimit(TimeProvider clock)
{
    /// <summary>Wrong passwords for one name from one address or one known browser.</summary>
    public const int FromOnePlace = 5;

    /// <summary>Wrong passwords for one name from everywhere, known browsers left out.</summary>
    public const int FromEverywhere = 50;

    /// <summary>Wrong codes for one name from everywhere, known browsers left out: with a million codes, of which three are right, fifty would be too many.</summary>
    public const int CodesFromEverywhere = 10;

    internal const int MostCounts = 100_000;

    /// <summary>How long a lock lasts, and after which time without a wrong password the count begins again.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Count> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts the attempt as a wrong one, before the password is looked at: a hundred at once get no more guesses than a hundred in turn.</summary>
    /// <returns>False when it is locked out, whatever the password.</returns>
    public bool TryBegin(SignInAttempt attempt)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var places = PlacesOf(attempt);
            if (places.Any(p => IsFull(p, now)))
                return false;
            foreach (var (key, _) in places)
            {
                var before = _counts.GetValueOrDefault(key) is { } count && count.Ends > now ? count.Wrong : 0;
                _counts[key] = new(before + 1, now + Window);
            }
            if (_counts.Count > MostCounts)
                Forget(now);
            return true;
        }
    }

    /// <summary>The password was right: the place begins again, and what other places did stays counted.</summary>
    public void Succeeded(SignInAttempt attempt)
    {
        lock (_gate)
        {
            foreach (var (key, most) in PlacesOf(attempt))
            {
                if (most == FromOnePlace)
                    _counts.Remove(key);
                else if (_counts.GetValueOrDefault(key) is { } count)
                    _counts[key] = count with { Wrong = count.Wrong - 1 };
            }
        }
    }

    /// <summary>The password was right, and a code is asked for: the attempt is not counted, but wrong codes stay counted. Else a right password would buy five more of them.</summary>
    public void HalfSucceeded(SignInAttempt attempt)
    {
        lock (_gate)
        {
            foreach (var (key, _) in PlacesOf(attempt))
            {
                if (_counts.GetValueOrDefault(key) is { } count)
                    _counts[key] = count with { Wrong = count.Wrong - 1 };
            }
        }
    }

    private static List<(string Key, int Most)> PlacesOf(SignInAttempt attempt) => attempt switch
    {
        { Browser: { } browser } => [($"browser {browser} {attempt.Name}", FromOnePlace)],
        { IsCode: true } => [($"address {PartOf(attempt.Address)} {attempt.Name}", FromOnePlace), ($"codes {attempt.Name}", CodesFromEverywhere)],
        _ => [($"address {PartOf(attempt.Address)} {attempt.Name}", FromOnePlace), ($"name {attempt.Name}", FromEverywhere)],
    };

    // Who has one IPv6 address has the 2^64 of its network.
    private static string PartOf(IPAddress? address) => address switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };

    private bool IsFull((string Key, int Most) place, DateTimeOffset now) =>
        _counts.GetValueOrDefault(place.Key) is { } count && count.Ends > now && count.Wrong >= place.Most;

    private void Forget(DateTimeOffset now)
    {
        foreach (var key in _counts.Where(c => c.Value.Ends <= now).Select(c => c.Key).ToList())
            _counts.Remove(key);
        foreach (var key in _counts.OrderBy(c => c.Value.Ends).Take(_counts.Count - MostCounts * 9 / 10).Select(c => c.Key).ToList())
            _counts.Remove(key);
    }

    private sealed record Count(int Wrong, DateTimeOffset Ends);
}

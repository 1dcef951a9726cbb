using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Ops.Web.Features.SignIn;

/// <summary>A cookie that says in which browsers a user has signed in before. It opens nothing; it only keeps other people's wrong guesses apart (<see cref="SignInLimit"/>).</summary>
public sealed class KnownBrowser(IDataProtectionProvider protection)
{
    private const string Cookie = "ops-browser";

    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(90);

    private readonly IDataProtector _protector = protection.CreateProtector("Ops.KnownBrowser");

    /// <summary>The browser's id, if this user has signed in with it; null for any other.</summary>
    public string? Of(HttpContext http, string? userId)
    {
        if (userId is null || http.Request.Cookies[Cookie] is not { Length: > 0 and < 2_000 } text)
            return null;
        try
        {
            return _protector.Unprotect(text).Split(' ') is [var id, var browser] && id == userId ? browser : null;
        }
        catch (CryptographicException) // not ours, or of an earlier key
        {
            return null;
        }
    }

    /// <summary>Remembers that the user has signed in with this browser.</summary>
    public void Remember(HttpContext http, string userId)
    {
        var browser = Of(http, userId) ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        http.Response.Cookies.Append(Cookie, _protector.Protect($"{userId} {browser}"), new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = http.Request.IsHttps,
            MaxAge = KeptFor,
            Path = "/sign-in",
            IsEssential = true,
        });
    }
}

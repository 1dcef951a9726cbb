using OtpNet;

namespace Ops.Web.Features.SignIn;

/// <summary>Codes of authenticator apps (RFC 6238: SHA-1, 30 seconds, six digits, which all apps can).</summary>
internal static class TotpCode
{
    // The clocks of phone and console may differ by half a minute, and a code may be typed at its end.
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    /// <summary>Which 30 seconds a code belongs to; null when it is not right now.</summary>
    public static long? StepOf(string key, string code, DateTimeOffset now) =>
        new Totp(Base32Encoding.ToBytes(key)).VerifyTotp(now.UtcDateTime, code, out var step, Window) ? step : null;

    /// <summary>Whether it is meant as one, and not as a recovery code.</summary>
    public static bool LooksLike(string code) => code.Length == 6 && code.All(char.IsAsciiDigit);

    /// <summary>What the QR code says to an app.</summary>
    public static string Address(string key, string userName) =>
        $"otpauth://totp/{Uri.EscapeDataString("Mailstore Ops")}:{Uri.EscapeDataString(userName)}?secret={key}&issuer={Uri.EscapeDataString("Mailstore Ops")}";
}

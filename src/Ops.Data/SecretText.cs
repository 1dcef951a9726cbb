using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Ops.Data;

/// <summary>Random secrets that are shown once and kept as a hash. 256 random bits need no salt and no slow hash.</summary>
internal static class SecretText
{
    /// <summary>The prefix, then 32 random bytes in base64url: 43 characters.</summary>
    public static string Create(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Turns away what cannot be one, before the database is asked.</summary>
    public static bool LooksLike(string? text, string prefix) =>
        text is not null && text.Length == prefix.Length + 43 && text.StartsWith(prefix, StringComparison.Ordinal);
}

namespace Ops.Web.Live;

/// <summary>The token of a program, in the header of its request.</summary>
internal static class BearerHeader
{
    private const string Bearer = "Bearer ";

    /// <summary>Null where the header is missing or of another kind.</summary>
    public static string? TokenOf(string authorization) =>
        authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : null;
}

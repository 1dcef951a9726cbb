namespace Ops.Testing;

/// <summary>What a test needs of the machine. Where it is missing, the test is skipped with the reason; on a build machine (<c>CI</c> is set) it runs all the same, and fails.</summary>
public static class Requirements
{
    public static bool IsBuildMachine { get; } = Environment.GetEnvironmentVariable("CI") is { Length: > 0 } ci && !ci.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why a test that needs root is skipped; null when it runs.</summary>
    internal static string? WithoutRoot(string why) => Environment.IsPrivilegedProcess || IsBuildMachine ? null : why;
}

/// <summary>A test that needs root: to see the descriptors of all processes, or to act as another user.</summary>
public sealed class RootFactAttribute : FactAttribute
{
    internal const string Why = "needs root: without it nothing can be proven, and everything is refused";

    public RootFactAttribute() => Skip = Requirements.WithoutRoot(Why);
}

/// <inheritdoc cref="RootFactAttribute"/>
public sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = Requirements.WithoutRoot(RootFactAttribute.Why);
}

/// <summary>A test that mounts a file system of its own.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    internal const string Why = "needs root: it mounts a file system of its own";

    public MountFactAttribute() => Skip = Requirements.WithoutRoot(Why);
}

/// <inheritdoc cref="MountFactAttribute"/>
public sealed class MountTheoryAttribute : TheoryAttribute
{
    public MountTheoryAttribute() => Skip = Requirements.WithoutRoot(MountFactAttribute.Why);
}

/// <summary>A test that needs a PostgreSQL server where databases may be made: <c>build/postgres.sh COMMAND</c> runs a command with one.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    /// <summary>Its connection string; null when there is none.</summary>
    public static string? Server { get; } = Environment.GetEnvironmentVariable("OPS_TEST_POSTGRES");

    public PostgresFactAttribute() => Skip = Server is not null || Requirements.IsBuildMachine ? null : "needs PostgreSQL: build/postgres.sh dotnet test ...";
}

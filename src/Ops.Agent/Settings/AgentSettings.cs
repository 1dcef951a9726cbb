using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What one agent works with, settled at its start.</summary>
public sealed record AgentSettings
{
    public required Policy Policy { get; init; }

    /// <summary>Scanned, and the only places where anything is touched.</summary>
    public required IReadOnlyList<StoreRoot> Roots { get; init; }

    /// <summary>Without directories that are shared with the whole system: those hold locks, and no mailboxes.</summary>
    public IReadOnlyList<FilePath> MailboxRoots => [.. Roots.Where(r => !r.TopLevelOnly).Select(r => r.Path)];

    /// <summary>Journal and recovery state; made with mode 0700 when first needed.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Name under which the console shows this host; verdicts always use the machine's own.</summary>
    public string HostName { get; init; } = Environment.MachineName;

    /// <summary>Directories with the rules of the cleaner of temporary directories, strongest first.</summary>
    public IReadOnlyList<string> TmpFilesDirectories { get; init; } = Linux.TmpFilesReader.Directories;

    public JudgingOptions Judging { get; init; } = JudgingOptions.Default;

    /// <summary>A hash of machine id and state directory: stable, and different for two agents on one machine.</summary>
    public string HostId => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"mailstore-ops {MachineId()} {StateDirectory}")).AsSpan(0, 16));

    public static string Version { get; } =
        typeof(AgentSettings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Reads the policy and settles roots and directories.</summary>
    /// <param name="roots">Named by the caller; empty: those of the policy, else those found on this host. Must be within the policy's, if it names any.</param>
    /// <param name="stateDirectory">Null: that of the policy, else the default.</param>
    /// <exception cref="PolicyException">The policy cannot be followed, or a root is missing or outside it.</exception>
    public static AgentSettings Load(
        string? policyFile = null, IReadOnlyList<string>? roots = null, string? stateDirectory = null, string? hostName = null)
    {
        var policy = Policy.Load(policyFile);
        var allowed = policy.Roots is null ? null : StoreRoots.Named(policy.Roots);
        var named = roots is { Count: > 0 } ? StoreRoots.Named(roots) : null;
        if (allowed is not null && named?.FirstOrDefault(n => !allowed.Any(a => n.Path.IsAtOrBelow(a.Path))) is { } outside)
            throw new PolicyException($"{outside.Path.Display} is outside the roots of the policy");
        return new AgentSettings
        {
            Policy = policy,
            Roots = named ?? allowed ?? StoreRoots.Detect(),
            StateDirectory = Path.GetFullPath(stateDirectory ?? policy.StateDirectory ?? Policy.DefaultStateDirectory),
            HostName = hostName ?? Environment.MachineName,
            Judging = policy.Judging,
        };
    }

    private static string MachineId()
    {
        try
        {
            return File.ReadAllText("/etc/machine-id").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Environment.MachineName;
        }
    }
}

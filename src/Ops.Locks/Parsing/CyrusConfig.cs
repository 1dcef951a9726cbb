namespace Ops.Locks;

/// <summary>What imapd.conf(5) says of the place of the files of Cyrus's processes.</summary>
public static class CyrusConfig
{
    /// <returns>Null when it does not say.</returns>
    public static string? ProcDirectory(string text)
    {
        string? configuration = null, proc = null;
        foreach (var line in text.Split('\n').Select(l => l.Trim()).Where(l => !l.StartsWith('#')))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is not (> 0 and var at))
                continue;
            var value = line[(at + 1)..].Trim();
            switch (line[..at].TrimEnd().ToLowerInvariant())
            {
                case "configdirectory":
                    configuration = value;
                    break;
                case "proc_path":
                    proc = value;
                    break;
            }
        }
        var path = proc?.Replace("{configdirectory}", configuration, StringComparison.Ordinal) ?? (configuration is null ? null : configuration.TrimEnd('/') + "/proc");
        return path is { Length: > 1 and <= 4096 } && path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal) ? path : null;
    }
}

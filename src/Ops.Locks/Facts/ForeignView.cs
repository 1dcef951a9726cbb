using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>A file as a process in another mount namespace sees it.</summary>
/// <param name="Path">The name there.</param>
/// <param name="Mount">The mount there through which it was opened.</param>
/// <param name="HostPath">The name of the same place on the host, by the mount tables of both; null where no mount of the host shows it.</param>
public sealed partial record ForeignView(FilePath Path, Mount Mount, FilePath? HostPath)
{
    /// <summary>The unit for which systemd made this mount, because of <c>PrivateTmp=yes</c>; null when it was made in another way.</summary>
    /// <remarks>systemd <c>src/core/namespace.c: setup_tmp_dirs</c>: <c>/tmp/systemd-private-BOOTID-UNIT-XXXXXX/tmp</c>.</remarks>
    public string? PrivateTmpOf => PrivateTmp().Match(System.Text.Encoding.Latin1.GetString(Mount.Root.Bytes)) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>What makes this name another file than the same name on the host, in words.</summary>
    /// <param name="unit">Unit of the process, where it is in one.</param>
    public string Cause(string? unit) =>
        PrivateTmpOf is { } owner ? $"unit {FilePath.Escape(owner)} has PrivateTmp"
        : $"{FilePath.Escape(Mount.FileSystem)} mounted at {Mount.MountPoint.Display}{(unit is null ? "" : $", unit {FilePath.Escape(unit)}")}";

    [GeneratedRegex(@"/systemd-private-[0-9a-f]{32}-(.+)-[A-Za-z0-9]{6}/tmp(/|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex PrivateTmp();
}

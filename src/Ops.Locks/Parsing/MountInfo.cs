using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Ops.Locks;

/// <summary>What one reading of <c>/proc/PID/mountinfo</c> says.</summary>
/// <param name="ProcHides">The <c>hidepid</c> option of a mounted proc, when it is other than 0; null when nothing is hidden.</param>
/// <param name="Unparsed">Lines that follow no known form, escaped.</param>
public sealed record ParsedMounts(IReadOnlyList<Mount> Mounts, string? ProcHides, IReadOnlyList<string> Unparsed);

/// <summary>Reads the text of <c>/proc/PID/mountinfo</c> (proc_pid_mountinfo(5)).</summary>
public static class MountInfo
{
    public static ParsedMounts Parse(ReadOnlySpan<byte> text)
    {
        List<Mount> mounts = [];
        List<string> unparsed = [];
        string? hides = null;
        while (ByteText.TryNextLine(ref text, out var line, out var isComplete))
        {
            if (isComplete && TryParse(line, out var mount, out var options))
            {
                mounts.Add(mount);
                if (mount.FileSystem == "proc")
                    hides ??= HidePid(options);
            }
            else if (!line.IsEmpty)
            {
                unparsed.Add(ByteText.Quote(line));
            }
        }
        return new ParsedMounts(mounts, hides, unparsed);
    }

    // 36 35 98:0 /root /mount\040point rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
    private static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out Mount? mount, out ReadOnlySpan<byte> superOptions)
    {
        mount = null;
        superOptions = default;
        var rest = line;
        if (!ByteText.TryInt(ByteText.NextWord(ref rest), out var id) || !ByteText.TryInt(ByteText.NextWord(ref rest), out _))
            return false;
        var device = ByteText.NextWord(ref rest);
        var colon = device.IndexOf((byte)':');
        if (colon < 0 || !ByteText.TryUnsigned(device[..colon], out var major) || !ByteText.TryUnsigned(device[(colon + 1)..], out var minor))
            return false;
        var root = ByteText.NextWord(ref rest);
        var point = ByteText.NextWord(ref rest);
        var options = ByteText.NextWord(ref rest);
        ReadOnlySpan<byte> word;
        do
        {
            word = ByteText.NextWord(ref rest);
            if (word.IsEmpty)
                return false;
        }
        while (!word.SequenceEqual("-"u8));

        var type = ByteText.NextWord(ref rest);
        // The source of a mount may be empty: then two blanks follow the type and the options come next.
        var source = rest.StartsWith("  "u8) ? default : ByteText.NextWord(ref rest);
        superOptions = ByteText.NextWord(ref rest);
        if (type.IsEmpty)
            return false;
        mount = new Mount(
            id, major, minor, ByteText.UnescapeOctal(root), ByteText.UnescapeOctal(point), Encoding.UTF8.GetString(type),
            ByteText.UnescapeOctal(source).Display, Has(options, "ro"u8) || Has(superOptions, "ro"u8))
        {
            Layers = type.SequenceEqual("overlay"u8) ? OverlayOptions.Layers(superOptions) : [],
            Upper = type.SequenceEqual("overlay"u8) ? OverlayOptions.Upper(superOptions) : null,
        };
        if (mount.FileSystem is "nfs" or "nfs4")
            mount = mount with { Options = [.. Encoding.UTF8.GetString(options).Split(','), .. Encoding.UTF8.GetString(superOptions).Split(',')] };
        return true;
    }

    private static bool Has(ReadOnlySpan<byte> options, ReadOnlySpan<byte> wanted)
    {
        foreach (var range in options.Split((byte)','))
        {
            if (options[range].SequenceEqual(wanted))
                return true;
        }
        return false;
    }

    private static string? HidePid(ReadOnlySpan<byte> options)
    {
        foreach (var range in options.Split((byte)','))
        {
            var option = options[range];
            if (option.StartsWith("hidepid="u8) && !option[8..].SequenceEqual("0"u8) && !option[8..].SequenceEqual("off"u8))
                return ByteText.Quote(option);
        }
        return null;
    }
}

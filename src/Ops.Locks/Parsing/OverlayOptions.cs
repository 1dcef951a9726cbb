namespace Ops.Locks;

/// <summary>The layers in the options of an overlay mount, as <c>/proc/PID/mountinfo</c> prints them (fs/overlayfs/params.c <c>ovl_show_options</c>).</summary>
public static class OverlayOptions
{
    /// <summary>Upper and lower directories. Those that are not absolute are relative to where the mount was made, which nothing records.</summary>
    /// <param name="superOptions">The last word of a line of mountinfo.</param>
    public static IReadOnlyList<FilePath> Layers(ReadOnlySpan<byte> superOptions)
    {
        List<FilePath> layers = [];
        foreach (var range in superOptions.Split((byte)','))
        {
            var option = superOptions[range];
            var equals = option.IndexOf((byte)'=');
            if (equals < 0)
                continue;
            var value = ByteText.UnescapeOctal(option[(equals + 1)..]).Bytes;
            var name = option[..equals];
            if (name.SequenceEqual("upperdir"u8) || name.SequenceEqual("lowerdir+"u8) || name.SequenceEqual("datadir+"u8))
                layers.Add(new FilePath(value));
            else if (name.SequenceEqual("lowerdir"u8))
                AddList(value, layers);
        }
        return layers;
    }

    /// <summary>The upper directory by its whole path; null when there is none, or when it is relative.</summary>
    public static FilePath? Upper(ReadOnlySpan<byte> superOptions)
    {
        foreach (var range in superOptions.Split((byte)','))
        {
            var option = superOptions[range];
            if (option.StartsWith("upperdir=/"u8))
                return ByteText.UnescapeOctal(option["upperdir=".Length..]);
        }
        return null;
    }

    // Separated by colons; a backslash takes the meaning from the character behind it.
    private static void AddList(ReadOnlySpan<byte> value, List<FilePath> layers)
    {
        List<byte> one = [];
        for (var i = 0; i <= value.Length; i++)
        {
            if (i == value.Length || value[i] == (byte)':')
            {
                if (one.Count > 0)
                    layers.Add(new FilePath([.. one]));
                one.Clear();
            }
            else
            {
                if (value[i] == (byte)'\\' && i + 1 < value.Length)
                    i++;
                one.Add(value[i]);
            }
        }
    }
}

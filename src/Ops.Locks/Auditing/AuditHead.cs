using System.Globalization;

namespace Ops.Locks;

/// <summary>The last entry of a chain. Kept in a second place it is the anchor that shows a cut-off tail.</summary>
public readonly record struct AuditHead(long Sequence, string Hash)
{
    /// <summary>Before the first entry.</summary>
    public static AuditHead Genesis { get; } = new(0, new string('0', 64));

    /// <summary>Reads what <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string text, out AuditHead head)
    {
        head = Genesis;
        var parts = text.Trim().Split(' ');
        if (parts is not [var sequence, var hash]
            || !long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !IsHash(hash)
            || (number == 0 && hash != Genesis.Hash))
        {
            return false;
        }

        head = new(number, hash);
        return true;
    }

    /// <summary>Sequence, one space, hash.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence} {Hash}");

    internal static bool IsHash(string text) => text.Length == 64 && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}

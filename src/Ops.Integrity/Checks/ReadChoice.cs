namespace Ops.Integrity;

/// <summary>Why the bytes of a message were read.</summary>
public enum ReadReason
{
    /// <summary>They were not.</summary>
    None,

    /// <summary>All were asked for.</summary>
    Full,

    /// <summary>It is linked to a staging name.</summary>
    Staged,

    /// <summary>Its inode has more than one name.</summary>
    SeveralNames,

    /// <summary>Its inode changed after its index record.</summary>
    ChangedLater,

    /// <summary>Its modification time is not the internal date.</summary>
    WrittenLater,

    /// <summary>Drawn by lot.</summary>
    Sample,
}

/// <summary>Which messages are read, apart from those where the size alone says that something is wrong.</summary>
/// <param name="Share">0 to 1, of those without another reason.</param>
/// <param name="Seed">Another one draws other messages, so that audits cover more and more of a store.</param>
public sealed record ReadChoice(bool Full, double Share, ulong Seed)
{
    /// <summary>Index times are whole seconds, and a delivery into several mailboxes takes away its staging name after the record was written.</summary>
    private const long SlackSeconds = 2;

    /// <param name="mailbox">A number for the mailbox, the same in each audit: its UID validity, for example.</param>
    public ReadReason ReasonFor(ulong mailbox, CyrusRecord record, StoredFile file, bool staged)
    {
        if (Full)
            return ReadReason.Full;
        if (staged)
            return ReadReason.Staged;
        if (file.LinkCount > 1)
            return ReadReason.SeveralNames;
        if (file.Changed.Seconds > record.LastUpdated + SlackSeconds)
            return ReadReason.ChangedLater;
        if (CyrusCheck.WasWrittenAgain(record, file))
            return ReadReason.WrittenLater;
        return Draws(mailbox, record.Uid) ? ReadReason.Sample : ReadReason.None;
    }

    /// <summary>Whether the lot falls on this message.</summary>
    public bool Draws(ulong mailbox, ulong message) => Mixed(Mixed(Seed ^ mailbox) ^ message) < Share * ulong.MaxValue;

    // The finaliser of splitmix64: neighbours get numbers that have nothing to do with each other.
    private static ulong Mixed(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

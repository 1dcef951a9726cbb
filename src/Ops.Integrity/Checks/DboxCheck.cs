namespace Ops.Integrity;

/// <summary>The rules for one file of Dovecot's single-dbox: its header says how long the message is, its trailer what the message was when it was stored.</summary>
/// <remarks>
/// The file gets its name <c>u.UID</c> by rename when it is complete, and is not written again (dovecot sdbox-save.c: sdbox_save_file_write..., dbox_save_write_metadata). The GUID of the trailer is no hash of the bytes: it
/// proves nothing about them, and is not compared.
/// </remarks>
public static class DboxCheck
{
    /// <summary>Whether the message ends where its header says. Null when it does, and when that cannot be said.</summary>
    /// <param name="behind">What is in the file from there on; null when it ends before.</param>
    public static Suspect? Size(uint uid, DboxHead head, Reading<DboxTail>? behind, StoredFile file) =>
        behind is null || (behind.Refusal is { } refusal && (refusal.Fault == FormatFault.AnotherFormat || file.Size - EndOf(head) < DboxTail.LimitBytes)) ? new Suspect(CheckKind.Size, file.Key, new IndexClaim(uid, (ulong)EndOf(head), null), file) : null;

    /// <summary>The size with line ends of two bytes that the trailer keeps, against what was counted in the bytes.</summary>
    public static Suspect? Lines(uint uid, DboxTail tail, StoredFile file, long counted) =>
        tail.LineSize is { } lines && lines != counted ? new Suspect(CheckKind.Content, file.Key, new IndexClaim(uid, (ulong)lines, null), file, LineSize: counted) : null;

    /// <summary>Where its metadata should begin.</summary>
    public static long EndOf(DboxHead head) => head.Size > long.MaxValue - head.ContentAt ? long.MaxValue : head.ContentAt + head.Size;
}

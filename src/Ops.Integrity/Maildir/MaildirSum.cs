namespace Ops.Integrity;

/// <summary>What the files of a Maildir and of its folders come to, to compare with <c>maildirsize</c>.</summary>
/// <remarks>
/// Courier leaves out messages with the flag <c>T</c>, and folders <c>.Trash</c> where it was built so (courier-libs maildir/maildirquota.c: maildir_countfolder, MAILDIR_COUNT_TRASH); Dovecot counts all
/// (quota-maildir.c). Any of these sums is right.
/// </remarks>
public sealed class MaildirSum
{
    private readonly (long Bytes, long Messages)[] _sums = new (long, long)[4];

    /// <param name="isTrash">In the folder <c>.Trash</c>.</param>
    /// <param name="name">The file's name: its <c>S=</c> counts before <paramref name="fileSize"/>, as its writers count.</param>
    public void Add(bool isTrash, ReadOnlySpan<byte> name, long? said, long fileSize)
    {
        var flags = name.LastIndexOf(":2,"u8);
        var isDeleted = flags >= 0 && name[flags..].Contains((byte)'T');
        for (var rule = 0; rule < _sums.Length; rule++)
        {
            if ((isDeleted && (rule & 1) != 0) || (isTrash && (rule & 2) != 0))
                continue;
            _sums[rule] = (_sums[rule].Bytes + (said ?? fileSize), _sums[rule].Messages + 1);
        }
    }

    public bool Agrees(MaildirSize size) => _sums.Contains((size.Bytes, size.Messages));
}

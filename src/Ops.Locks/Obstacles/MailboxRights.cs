namespace Ops.Locks;

/// <summary>A mailbox as far as its rights matter.</summary>
/// <param name="OwnerName">Login name of its owner.</param>
/// <param name="AccountUid">Uid of the account that has the name of the file; null when there is none, or the file is not in a spool of accounts.</param>
public sealed record MailboxFile(FileFacts File, string OwnerName, uint? AccountUid);

/// <summary>Mode or owner of a mailbox that make programs refuse it.</summary>
/// <remarks>Postfix <c>src/local/file.c: deliver_file</c> (only to files that are not executable), <c>src/local/mailbox.c</c> with <c>strict_mailbox_ownership</c>; Exim
/// <c>appendfile.c</c> with <c>check_owner</c>; Linux before 5.15 <c>Documentation/filesystems/mandatory-locking.txt</c>.</remarks>
public static class MailboxRights
{
    private const uint AnyExecute = 0x49, SetGroup = 0x400, GroupExecute = 0x8;

    /// <summary>Whether its mode or owner alone make it worth to look whether it is a mailbox.</summary>
    public static bool IsOdd(FileFacts file, string ownerName) =>
        file.Kind == FileKind.Regular && ((file.Mode & AnyExecute) != 0 || (file.Mode & SetGroup) != 0 || file.Path.NameLatin1 != ownerName);

    public static IEnumerable<Relation> Find(IEnumerable<MailboxFile> mailboxes, DateTimeOffset now)
    {
        foreach (var mailbox in mailboxes)
        {
            var (file, mode) = (mailbox.File, Obstacle.Octal(mailbox.File.Mode));
            if ((file.Mode & AnyExecute) != 0)
                yield return Of(mailbox, "executable", $"mode {mode}: Postfix delivers only to files that are not executable, so mail to it is refused; take the execute bits away", now);
            if ((file.Mode & SetGroup) != 0 && (file.Mode & GroupExecute) == 0)
            {
                yield return Of(mailbox, "mandatory",
                    $"mode {mode}: set-group-id without group execute asks for mandatory locks. Linux has none since 5.15, so here it protects nothing; an older kernel with such a mount makes every reader wait for a lock holder. Remove the bit", now);
            }
            if (mailbox.AccountUid is { } uid && uid != file.Uid)
            {
                yield return Of(mailbox, "owner",
                    $"it belongs to uid {file.Uid} ({FilePath.Escape(mailbox.OwnerName)}), and the account with its name has uid {uid}: Postfix (strict_mailbox_ownership) and Exim (check_owner) put off mail to it, and its user cannot lock or read it unless the mode lets others", now);
            }
        }
    }

    private static Relation Of(MailboxFile mailbox, string apart, string detail, DateTimeOffset now)
    {
        var evidence = new EvidenceList(now);
        evidence.Add(Questions.ExpectedOwner, Answer.No, apart == "owner" ? "statx, passwd" : "statx", detail, blocks: true);
        return Obstacle.Of(mailbox.File.Path, mailbox.File, ArtefactKind.Mailbox, apart, $"This mailbox may be refused: {detail}.", evidence);
    }
}

namespace Ops.Locks.Tests.BetweenFindings;

public sealed class UnsafeDirectoryTests
{
    private static List<Relation> Find(params ArtefactFacts[] artefacts) =>
        [.. UnsafeDirectory.Find([.. artefacts.Select(a => new JudgedArtefact(a, ArtefactClassifier.Classify(a, Given.Host(), JudgingOptions.Default)!))], Given.Host())];

    [Fact]
    public void A_lock_directory_that_any_user_can_write_to_is_reported_once_with_the_command_that_repairs_it()
    {
        var open = Given.Directory(mode: Modes.O777);
        var found = Assert.Single(Find(
            Given.Artefact(Given.File("/var/mail/a.lock", "10\n"), directory: open), Given.Artefact(Given.File("/var/mail/b.lock", "10\n", inode: 101), directory: open)));
        Assert.Equal((VerdictWord.Refused, ArtefactKind.Directory, "/var/mail"), (found.Verdict.Word, found.Verdict.Kind, found.Path.Text));
        Assert.Contains("chmod +t", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Empty(found.Verdict.Actions);
    }

    [Theory]
    [InlineData(Modes.O1777)]
    [InlineData(0x5FD)]
    [InlineData(Modes.O755)]
    public void Sticky_and_ordinary_directories_are_fine(uint mode) =>
        Assert.Empty(Find(Given.Artefact(Given.File("/var/mail/a.lock", "10\n", uid: 0), directory: Given.Directory(mode: mode))));

    [Fact]
    public void A_lock_of_root_in_a_sticky_directory_blocks_the_owner_of_the_mailbox_for_good()
    {
        var artefact = Given.Artefact(Given.File("/var/mail/alice.lock", "", uid: 0), Given.Mailbox(uid: 1000), Given.Directory(mode: Modes.O1777));
        Assert.Contains("uid 1000, whose mailbox it blocks, cannot remove it", Assert.Single(Find(artefact)).Verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, Modes.O700, 0)]
    [InlineData(1000, Modes.O770, 1)]
    [InlineData(1001, Modes.O700, 1)]
    public void The_cache_of_libguestfs_must_be_private_and_its_users_own(uint owner, uint mode, int count)
    {
        var directory = Given.Directory("/var/tmp/.guestfs-1000", mode, owner);
        Assert.Equal(count, Find(Given.Artefact(Given.File("/var/tmp/.guestfs-1000/kernel.4242", "x", uid: 1000), directory: directory)).Count);
    }
}

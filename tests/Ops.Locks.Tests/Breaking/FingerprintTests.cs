namespace Ops.Locks.Tests;

/// <summary>An approval that waits while an agent is updated names a fingerprint of the release before.</summary>
public sealed class FingerprintTests
{
    private static readonly ProcessIdentity Process = new(Guid.Parse("11223344-5566-7788-99aa-bbccddeeff00"), 4711, 123456789);

    // SHA-256 of the fields in order, numbers as eight bytes in network order, bytes after their number: computed outside this program.
    [Fact]
    public void A_fingerprint_is_the_same_in_every_release() => Assert.Equal(
        "sha256:b7f7572c8e93688e156e95f287f1e2d5fc1a504c2b42139fbfc096fa6b6b309c", Fingerprint.OfGhost(Process, 7, new FileIdentity(8, 1, 1234567)));

    [Fact]
    public void Another_descriptor_gives_another_fingerprint() =>
        Assert.NotEqual(Fingerprint.OfGhost(Process, 7, new FileIdentity(8, 1, 1234567)), Fingerprint.OfGhost(Process, 8, new FileIdentity(8, 1, 1234567)));
}

using System.Globalization;

namespace Ops.Locks;

/// <summary>How much room a store has.</summary>
/// <param name="Available">Bytes that programs other than root's may still write.</param>
/// <param name="FreeFiles">Inodes left; null where the file system has no fixed number of them.</param>
public sealed record SpaceFacts(FilePath Path, string FileSystem, ulong Size, ulong Available, ulong? Files, ulong? FreeFiles);

/// <summary>What the kernel's quota says of one account on one file system. A limit of 0 is none.</summary>
/// <param name="Path">Where its mailbox is.</param>
public sealed record QuotaFacts(FilePath Path, uint Uid, string Name, ulong Used, ulong SoftLimit, ulong HardLimit, ulong Files, ulong FilesHardLimit);

/// <summary>A file system or a quota that is full or nearly so: a delivery that runs out of room is cut off, and a lock file cannot be made.</summary>
public static class StoreSpace
{
    private const ulong Mebi = 1024 * 1024;

    public static IEnumerable<Relation> Find(IEnumerable<SpaceFacts> spaces, DateTimeOffset now)
    {
        foreach (var space in spaces.Where(s => s.Size > 0))
        {
            var share = 100.0 * space.Available / space.Size;
            if (space.Available < Mebi || share < 5 && space.Available < 1024 * Mebi)
                yield return Of(space, "space", space.Available < Mebi, $"{Bytes(space.Available)} of {Bytes(space.Size)} are left ({Percent(share)})", now);
            if (space is { Files: > 0 and var files, FreeFiles: { } free } && (free == 0 || free < files / 100))
                yield return Of(space, "inodes", free == 0, string.Create(CultureInfo.InvariantCulture, $"{free} of {files} inodes are left"), now);
        }
    }

    public static IEnumerable<Relation> Find(IEnumerable<QuotaFacts> quotas, DateTimeOffset now)
    {
        foreach (var quota in quotas)
        {
            var who = $"{FilePath.Escape(quota.Name)} (uid {quota.Uid})";
            var isFull = quota.HardLimit > 0 && quota.Used >= quota.HardLimit || quota.FilesHardLimit > 0 && quota.Files >= quota.FilesHardLimit;
            var detail = quota.HardLimit > 0 && quota.Used * 100.0 / quota.HardLimit >= 95 ? $"{who} uses {Bytes(quota.Used)} of a quota of {Bytes(quota.HardLimit)}"
                : quota.FilesHardLimit > 0 && quota.Files * 100.0 / quota.FilesHardLimit >= 95 ? string.Create(CultureInfo.InvariantCulture, $"{who} has {quota.Files} of {quota.FilesHardLimit} files")
                : quota.SoftLimit > 0 && quota.Used > quota.SoftLimit ? $"{who} uses {Bytes(quota.Used)}, more than the soft limit of {Bytes(quota.SoftLimit)}: writing ends with the grace time"
                : null;
            if (detail is null)
                continue;
            var evidence = new EvidenceList(now);
            evidence.Add(Questions.EnoughRoom, Answer.No, "quotactl", detail, blocks: true);
            yield return Obstacle.Of(quota.Path, null, ArtefactKind.Mailbox, $"quota {quota.Uid}", $"{(isFull ? "The quota is used up" : "The quota is nearly used up")}: {detail}.", evidence);
        }
    }

    private static Relation Of(SpaceFacts space, string apart, bool isFull, string detail, DateTimeOffset now)
    {
        var evidence = new EvidenceList(now);
        evidence.Add(Questions.EnoughRoom, Answer.No, "statvfs", detail, blocks: true);
        return Obstacle.Of(space.Path, null, ArtefactKind.Directory, apart,
            $"The file system of this store ({FilePath.Escape(space.FileSystem)}) {(isFull ? "is full" : "is nearly full")}: {detail}. Without room mail is put off or cut off, and no lock file can be made.", evidence);
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share:0.#} %");

    private static string Bytes(ulong bytes) => bytes < 10 * Mebi ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024} KiB")
        : bytes < 10 * 1024 * Mebi ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Mebi} MiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024 * Mebi)} GiB");
}

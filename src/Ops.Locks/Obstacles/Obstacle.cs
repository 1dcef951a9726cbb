namespace Ops.Locks;

/// <summary>Makes the relation of something besides a lock that stops delivery, or will. Nothing is offered: an administrator changes rights, space and rules.</summary>
internal static class Obstacle
{
    /// <param name="apart">Distinguishes several obstacles at one path.</param>
    /// <param name="evidence">What was seen; the first entry is what the obstacle consists of.</param>
    public static Relation Of(FilePath path, FileFacts? file, ArtefactKind kind, string apart, string summary, EvidenceList evidence) =>
        new(RelationKind.DeliveryObstacle, path, file, new Verdict(VerdictWord.Refused, kind, summary, "unknown", [], Owner.Unknown, evidence.ToList(), []), "obstacle " + apart, [])
        {
            Mailbox = kind == ArtefactKind.Mailbox ? path : null,
        };

    public static string Octal(uint mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}

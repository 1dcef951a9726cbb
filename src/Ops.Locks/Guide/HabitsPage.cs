using System.Globalization;
using System.Text;

namespace Ops.Locks;

/// <summary>The page of the docs about which program takes which locks in which order, and which of them do not fit. Made from <see cref="DeclaredHabits"/>. Pure.</summary>
public static class HabitsPage
{
    internal static string Page()
    {
        var text = new StringBuilder();
        text.Append("""
            # Which program takes which locks

            What programs lock before they write to a mailbox, by their source or manual, where nothing else is configured. Two programs on one mailbox keep each other out only through a lock that
            both take. A test tries every interleaving of every pair below.

            A resident agent compares the locks that it sees programs take, by mailbox, and reports pairs that do not fit (`incompatible-locking`): a configuration may differ from what is declared here.

            | no. | program | locks, in this order | keeps them while it waits for the next | source |
            | --- | --- | --- | --- | --- |

            """);
        var all = DeclaredHabits.All;
        for (var i = 0; i < all.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {i + 1} | {all[i].Program} | {string.Join(", then ", all[i].Steps.Select(LockingPair.Word))} | {(all[i].Steps.Count < 2 ? "-" : all[i].KeepsWhileWaiting ? "yes" : "no")} | {all[i].Source} |\n");
        }
        text.Append("""

            "The guard in /tmp" is the session lock `/tmp/.DEV.INODE` of MBX mailboxes.

            ## Pairs

            The numbers are those of the table above. An empty field: they keep each other out. **B**: both get in and write at the same time. **D**: each can have what the other waits for (deadlock).

            """);
        text.Append(CultureInfo.InvariantCulture, $"| |{string.Concat(all.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $" {i + 1} |")))}\n|{string.Concat(Enumerable.Repeat(" --- |", all.Count + 1))}\n");
        for (var i = 0; i < all.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"| **{i + 1} {all[i].Program}** |{string.Concat(all.Select(b => $" {Mark(LockingPair.Judge(all[i], b))} |"))}\n");
        text.Append("\n## What happens\n\n");
        foreach (var outcome in new[] { LockingOutcome.BothInside, LockingOutcome.Deadlock })
            text.Append(CultureInfo.InvariantCulture, $"- **{Mark(outcome)}**, for example: {Example(outcome)}.\n");
        text.Append("\n[All mail systems](mail-systems.md) · [the situations](situations.md)\n");
        return text.ToString();
    }

    private static string Mark(LockingOutcome outcome) => outcome switch
    {
        LockingOutcome.BothInside => "B",
        LockingOutcome.Deadlock => "D",
        _ => "",
    };

    private static string Example(LockingOutcome outcome) =>
        DeclaredHabits.All.SelectMany(a => DeclaredHabits.All, (a, b) => (a, b)).Where(p => LockingPair.Judge(p.a, p.b) == outcome).Select(p => LockingPair.Harm(p.a, p.b)!).First();
}

using System.Security.Cryptography;
using System.Text.Json;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts.Quarantined;

/// <summary>What there is to say about an item before something is done to it.</summary>
public static class QuarantineWords
{
    /// <summary>Past tense of what took it: for the badge.</summary>
    public static string Taken(string action) => action switch { Act.Break => "Broken", Act.Remove => "Removed", _ => Shared.Labels.Action(action) };

    /// <summary>Over all that identifies an item; differs as soon as another file is there. Not over what time alone changes.</summary>
    public static string Fingerprint(QuarantineItem item) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(item with { NoUndo = null, PurgeAfter = default }, OpsJson.Default.QuarantineItem)));

    /// <summary>What an undo or a purge of it would do. An agent has no preview of its own for these: the item is what there is to see.</summary>
    public static PreviewAnswer Preview(string action, QuarantineItem item) => new(
        null, Fingerprint(item),
        action == Act.Purge
            ? ["The agent checks that the file belongs to this operation.", "The quarantined file is deleted. No copy is kept, and this cannot be undone."]
            :
            [
                "The agent checks that the file is unchanged and that its original name is free.",
                "The file is renamed back to its name in one step, which fails rather than replace anything.",
                .. item.Action == Act.Break ? (string[])["It is then a stale lock again: mail for this mailbox waits until the lock is broken again or disappears."] : [],
            ],
        [], null);
}

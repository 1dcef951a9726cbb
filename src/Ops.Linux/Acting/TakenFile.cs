using Ops.Locks;

namespace Ops.Linux;

/// <summary>A file that was removed, for the audit.</summary>
/// <param name="File">With at most 64 KiB of content.</param>
/// <param name="ExtendedAttributes">Name to value, both as they are.</param>
public sealed record TakenFile(FileFacts File, IReadOnlyList<KeyValuePair<byte[], byte[]>> ExtendedAttributes);

/// <summary>A lock seen at the name after our release.</summary>
/// <param name="After">Time from our release to the first look that saw it.</param>
/// <param name="SeenFor">From the first to the last look that saw it.</param>
/// <param name="StillThere">Whether it was there when the watch ended.</param>
public sealed record LockSighting(FileFacts File, TimeSpan After, TimeSpan SeenFor, bool StillThere);

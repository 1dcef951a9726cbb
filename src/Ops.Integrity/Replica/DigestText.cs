using System.Globalization;

namespace Ops.Integrity;

/// <summary>A <see cref="ReplicaDigest"/> as text, a line for each thing: what a host gives to another one. Uniqueids, names of mailboxes, UIDs, sizes, hashes and times; never content.</summary>
/// <remarks>
/// <c>mailstore-ops-digest 1 WHOLE NOTSEEN UNIXTIME HOST</c>, then <c>m ID VALIDITY LASTUID COUNT HASH NAME</c> for a mailbox, below it <c>b NUMBER COUNT HASH</c> for a block and <c>u UID SIZE GUID UPDATED DATE GONE</c>
/// for a message, at the end <c>end MAILBOXES</c>: a text that was cut off is refused. Fields are separated by tabs. As a file: <see cref="DigestFile"/>.
/// </remarks>
public static class DigestText
{
    /// <summary>No name of a mailbox makes a line of this length.</summary>
    private const int LongestLine = 16 * 1024;

    private const string Magic = "mailstore-ops-digest";
    private const string Version = "1";

    /// <param name="withRecords">Otherwise blocks alone: enough to say which of them differ.</param>
    public static void Write(TextWriter to, ReplicaDigest digest, bool withRecords)
    {
        Line(to, Magic, Version, digest.IsWhole ? "1" : "0", Number(digest.NotSeen), Number(digest.TakenAt.ToUnixTimeSeconds()), Field(digest.Host));
        foreach (var mailbox in digest.Mailboxes)
        {
            Line(to, "m", Field(mailbox.UniqueId), Number(mailbox.UidValidity), Number(mailbox.LastUid), Number(mailbox.Count), mailbox.Hash, Field(mailbox.Name));
            foreach (var block in mailbox.Blocks)
            {
                Line(to, "b", Number(block.Number), Number(block.Count), block.Hash);
                foreach (var record in withRecords ? block.Records ?? [] : [])
                    Line(to, "u", Number(record.Uid), record.Size.ToString(CultureInfo.InvariantCulture), record.Digest.ToString(), Number(record.Updated), Number(record.InternalDate), record.IsGone ? "1" : "0");
            }
        }
        Line(to, "end", Number(digest.Mailboxes.Count));
    }

    /// <param name="from">Read to its end, or to the first line that cannot be right.</param>
    /// <param name="mostMessages">With mailboxes and blocks. Above that it is refused: another host may send anything.</param>
    public static Reading<ReplicaDigest> Read(TextReader from, int mostMessages = 50_000_000)
    {
        var lines = new BoundedLines(from, LongestLine);
        if (lines.Next() is not { } first || first.Split('\t') is not [Magic, var version, var whole, var unseen, var taken, var host])
            return Refused(FormatFault.AnotherFormat, "it does not begin as a digest of ops audit-store does");
        if (version != Version)
            return Refused(FormatFault.UnknownVersion, "its version is one that this ops does not read");
        if (whole is not ("0" or "1") || !Parse(unseen, out int notSeen) || !Parse(taken, out long seconds) || seconds is < 0 or > 253_402_300_799)
            return Refused(FormatFault.BrokenEntries, "its line 1 is damaged");
        var parser = new Body(mostMessages);
        for (var number = 2; lines.Next() is { } line; number++)
        {
            if (parser.Take(line.Split('\t')) is not { } isEnd)
                return Refused(FormatFault.BrokenEntries, $"its line {number} is damaged");
            if (isEnd)
                return Reading<ReplicaDigest>.Of(new ReplicaDigest(host, DateTimeOffset.FromUnixTimeSeconds(seconds), whole == "1", notSeen, parser.Mailboxes));
        }
        return Refused(FormatFault.TooShort, "it was cut off: its last line is missing");
    }

    /// <summary>Text that fits into a field. Twice is the same as once, so that both hosts compare the same.</summary>
    internal static string Field(string text) => text.Replace('\t', ' ').Replace('\n', ' ');

    private static Reading<ReplicaDigest> Refused(FormatFault fault, string detail) => Reading<ReplicaDigest>.Refused(fault, detail);

    private static void Line(TextWriter to, params ReadOnlySpan<string> fields)
    {
        for (var at = 0; at < fields.Length; at++)
        {
            if (at > 0)
                to.Write('\t');
            to.Write(fields[at]);
        }
        to.Write('\n');
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool Parse<T>(string text, out T value)
        where T : struct, System.Numerics.INumber<T> => T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary>Lines of a reader that may have any length: a longer one ends the reading.</summary>
    private sealed class BoundedLines(TextReader from, int most)
    {
        private readonly char[] _line = new char[most];

        public string? Next()
        {
            for (var length = 0; length < most; length++)
            {
                var next = from.Read();
                if (next < 0)
                    return null;
                if (next == '\n')
                    return new string(_line, 0, length);
                _line[length] = (char)next;
            }
            return null;
        }
    }

    /// <summary>What follows the first line.</summary>
    private sealed class Body(int most)
    {
        private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
        private ReplicaMailbox? _mailbox;
        private List<ReplicaBlock> _blocks = [];
        private List<ReplicaRecord>? _records;
        private long _messages;

        public List<ReplicaMailbox> Mailboxes { get; } = [];

        /// <summary>Whether it is the last line; null when it cannot be right.</summary>
        public bool? Take(string[] fields) => fields switch
        {
            ["m", var id, var validity, var last, var count, var hash, var name] => Mailbox(id, validity, last, count, hash, name) ? false : null,
            ["b", var number, var count, var hash] => Block(number, count, hash) ? false : null,
            ["u", var uid, var size, var guid, var updated, var date, var gone] => Message(uid, size, guid, updated, date, gone) ? false : null,
            ["end", var count] => CloseMailbox() && Parse(count, out int mailboxes) && mailboxes == Mailboxes.Count ? true : null,
            _ => null,
        };

        private bool Mailbox(string id, string validity, string last, string count, string hash, string name)
        {
            if (!CloseMailbox() || !_ids.Add(id) || !Parse(validity, out uint uidValidity) || !Parse(last, out uint lastUid) || !Parse(count, out int messages) || !IsHash(hash))
                return false;
            _mailbox = new ReplicaMailbox(id, name, uidValidity, lastUid, messages, hash, _blocks = []);
            return ++_messages <= most;
        }

        private bool Block(string number, string count, string hash)
        {
            if (_mailbox is null || !CloseBlock() || !Parse(number, out uint at) || at > uint.MaxValue >> ReplicaHash.BlockBits || (_blocks.Count > 0 && at <= _blocks[^1].Number) || !Parse(count, out int messages) || !IsHash(hash))
                return false;
            _blocks.Add(new ReplicaBlock(at, messages, hash, null));
            return ++_messages <= most;
        }

        private bool Message(string uid, string size, string guid, string updated, string date, string gone)
        {
            if (_blocks.Count == 0 || !Parse(uid, out uint number) || number >> ReplicaHash.BlockBits != _blocks[^1].Number || !Parse(size, out ulong bytes) || !Time(updated, out var at) || !Time(date, out var arrived)
                || gone is not ("0" or "1") || guid.Length != 2 * MessageGuid.Bytes || Convert.FromHexString(guid, _guid, out _, out _) != System.Buffers.OperationStatus.Done
                || (_records is { Count: > 0 } && _records[^1].Uid >= number))
            {
                return false;
            }
            (_records ??= []).Add(new ReplicaRecord(number, bytes, MessageGuid.From(_guid), at, arrived, gone == "1"));
            return ++_messages <= most;
        }

        private readonly byte[] _guid = new byte[MessageGuid.Bytes];

        // The hash of another host is not believed where its records are there to count it again.
        private bool CloseBlock()
        {
            if (_records is null)
                return true;
            var said = _blocks[^1];
            var counted = ReplicaHash.Block(said.Number, _records);
            _records = null;
            _blocks[^1] = counted;
            return counted.Hash == said.Hash && counted.Count == said.Count;
        }

        private bool CloseMailbox()
        {
            if (!CloseBlock())
                return false;
            if (_mailbox is not null)
                Mailboxes.Add(_mailbox);
            _mailbox = null;
            return true;
        }

        // An internal date may be before 1970: a client gives it with the message.
        private static bool Time(string text, out long seconds) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out seconds);

        private static bool IsHash(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigitLower);
    }
}

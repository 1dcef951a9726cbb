using Ops.Testing;

namespace Ops.Integrity.Tests;

/// <summary>Whatever bytes a parser is given, it answers: a value or a refusal, never an exception.</summary>
public sealed class ParserFuzzTests
{
    private static readonly byte[] List = [.. "3 V1 N9 Gabc\n1 S12 W13 :1700000000.M1P2.host,S=12\n7 G77 :x:2,S\n"u8];
    private static readonly byte[] Quota = [.. "1000S,10C\n12 1\n-7 -1\n"u8];

    public static TheoryData<string> Parsers => new("index", "header", "uidlist", "maildirsize", "name", "dbox", "dbox-tail");

    [Theory, MemberData(nameof(Parsers))]
    public void Every_beginning_of_a_good_file_is_answered(string parser)
    {
        var good = Good(parser);
        for (var length = 0; length <= good.Length; length++)
            Answer(parser, good.AsSpan(0, length));
    }

    [Theory, MemberData(nameof(Parsers))]
    public void Noise_and_changed_bytes_are_answered(string parser)
    {
        var random = new Random(20261128);
        var good = Good(parser);
        var noise = new byte[400];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(noise);
            Answer(parser, noise.AsSpan(0, random.Next(noise.Length)));
            var changed = good.AsSpan().ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            Answer(parser, changed.AsSpan(0, random.Next(1, changed.Length + 1)));
        }
    }

    private static byte[] Good(string parser) => parser switch
    {
        // Version 10 has no checksums that would hide the rest of the parser from noise.
        "index" => new CyrusIndexBytes(10).Add(1, 10).Add(5, 20).ToArray(),
        "header" => File.ReadAllBytes("Samples/cyrus-3.6.1.header"),
        "uidlist" => List,
        "maildirsize" => Quota,
        "dbox" => [.. "2 M1e C5f5e1000\n\u0001\u0002N          000000000000000a\n0123456789"u8],
        "dbox-tail" => [.. "\n\u0001\u0003\nGabcdef\nR5f5e1000\nV0b\nZ0a\n\n"u8],
        _ => [.. "1700000000.M1P2.host,S=12,W=13:2,S"u8],
    };

    private static void Answer(string parser, ReadOnlySpan<byte> bytes)
    {
        switch (parser)
        {
            case "index":
                One(CyrusIndexParser.Parse(bytes));
                break;
            case "header":
                One(CyrusHeader.Parse(bytes));
                break;
            case "uidlist":
                One(UidList.Parse(bytes));
                break;
            case "maildirsize":
                One(MaildirSize.Parse(bytes));
                break;
            case "dbox":
                One(DboxHead.Parse(bytes));
                break;
            case "dbox-tail":
                One(DboxTail.Parse(bytes));
                break;
            default:
                Assert.NotNull(MaildirName.Parse(bytes).Unique);
                break;
        }
    }

    private static void One<T>(Reading<T> reading)
        where T : class => Assert.True(reading.Value is null != reading.Refusal is null);
}

using System.Text;

namespace Ops.Integrity.Tests;

/// <summary>Files of many messages, read in pieces.</summary>
public sealed class SpoolScanTests
{
    private const string From = "From alice@example.org Mon Nov 30 19:45:23 2026\n";
    private const string Sep = "\u0001\u0001\u0001\u0001\n";
    private const string Babyl = "BABYL OPTIONS:\nVersion: 5\n\u001f\u000c\n1,,\nSubject: a\n\n*** EOOH ***\nSubject: a\n\nb\n\u001f";
    private static readonly string Nuls = new('\0', SpoolScan.NulRunBytes);

    [Theory]
    [InlineData(SpoolFormat.Mbox, From + "Subject: a\n\nb\n\n" + From + "Subject: c\n\n>From d\n\n", 2)]
    [InlineData(SpoolFormat.Mbox, "From alice@example.org Mon Nov 30 19:45:23 2026\r\nSubject: a\r\n\r\nb\r\n\r\n", 1)]
    [InlineData(SpoolFormat.Mbox, "From MAILER-DAEMON Fri Jul  8 12:08:34 2011\nSubject: a\n\nb\n", 1)]
    [InlineData(SpoolFormat.Mmdf, Sep + "Subject: a\n\nb\n" + Sep + Sep + From + "Subject: c\n\n" + Sep, 2)]
    [InlineData(SpoolFormat.Mbox, From + "Subject: a\n\nb", 1)]
    [InlineData(SpoolFormat.Mmdf, Sep + "Subject: a\n\nb\n" + "\u0001\u0001\u0001\u0001", 1)]
    [InlineData(SpoolFormat.Babyl, Babyl + "\u000c\n1,,\nSubject: c\n\n*** EOOH ***\nSubject: c\n\nd\n\u001f\n", 2)]
    [InlineData(SpoolFormat.Babyl, "BABYL OPTIONS:\nVersion: 5\n\u001f", 0)]
    public void A_whole_file_has_no_fault_and_no_remark(SpoolFormat format, string text, long messages) =>
        Assert.Equal(new SpoolSight(format, messages, null, 0, default), Scan(format, text));

    [Theory]
    [InlineData(SpoolFormat.Mbox, "ello\n\n" + From + "\nb\n", SpoolFaultKind.Start, 0, 5)]
    [InlineData(SpoolFormat.Mbox, From + "\nb\n\n" + From + "\nb", SpoolFaultKind.Cut, 101, 1)]
    [InlineData(SpoolFormat.Mmdf, Sep + "a\n", SpoolFaultKind.Unclosed, 0, 7)]
    [InlineData(SpoolFormat.Mmdf, Sep + "a\n" + Sep + "b\n" + Sep + Sep, SpoolFaultKind.Between, 12, 2)]
    [InlineData(SpoolFormat.Babyl, "BABYL OPTIONS:\nVersion: 5\n", SpoolFaultKind.Unclosed, 0, 26)]
    [InlineData(SpoolFormat.Babyl, "BABYL OPTIONS:\n\u001f\u000c\n1,,\nSubject: c\n", SpoolFaultKind.Unclosed, 15, 18)]
    public void A_broken_file_has_its_first_fault_where_it_begins(SpoolFormat format, string text, SpoolFaultKind kind, long offset, long bytes)
    {
        var sight = Scan(format, text);

        Assert.Equal((new SpoolFault(kind, offset, bytes), 1L), (sight.First, sight.Faults));
    }

    [Fact]
    public void A_sector_of_NUL_bytes_is_a_fault_and_fewer_are_none()
    {
        Assert.Equal(new SpoolFault(SpoolFaultKind.NulRun, 50, 512), Scan(SpoolFormat.Mbox, From + "\nb" + Nuls + "c\n").First);
        Assert.Null(Scan(SpoolFormat.Mbox, From + "\nb" + Nuls[1..] + "c\n").First);
        Assert.Null(Scan(SpoolFormat.Mbox, From + "\nb" + Nuls[1..] + "\n" + Nuls[1..] + "\n").First);
    }

    [Fact]
    public void NUL_bytes_in_a_binary_part_are_a_remark_until_the_next_message()
    {
        var binary = From + "Content-Transfer-Encoding: Binary\n\n" + Nuls + "\n\n";

        var alone = Scan(SpoolFormat.Mbox, binary);
        Assert.Equal((null, 1L), (alone.First, alone.Remarks.BinaryNuls));
        Assert.Equal(SpoolFaultKind.NulRun, Scan(SpoolFormat.Mbox, binary + From + "\n" + Nuls + "\n").First?.Kind);
    }

    [Theory]
    [InlineData(From + "\nFrom here on\n\nFrom there\n", 1, 2, 0)]
    [InlineData(From + "\nb\n" + From + "\nc\n", 2, 0, 1)]
    public void A_From_line_in_a_body_and_a_missing_blank_line_are_remarks(string text, long messages, long plain, long noBlank)
    {
        var sight = Scan(SpoolFormat.Mbox, text);

        Assert.Equal((messages, null, plain, noBlank), (sight.Messages, sight.First, sight.Remarks.PlainFrom, sight.Remarks.NoBlankLine));
    }

    [Theory]
    [InlineData(From + "Content-Length: 2\n\nb\n\n" + From + "\nc\n", 2, 0, 0)]
    [InlineData(From + "Content-Length: 3\n\nb\n\n" + From + "\nc\n", 2, 0, 0)]
    [InlineData(From + "Content-Length: 51\n\na\n\n" + From + "\n" + From + "\nc\n", 2, 1, 0)]
    [InlineData(From + "Content-Length: 9000\n\na\n\n" + From + "\nc\n", 2, 0, 1)]
    [InlineData(From + "Content-Length: 1\n\nabc\n\n" + From + "\nc\n", 2, 0, 1)]
    [InlineData(From + "Content-Length: 99999999999999999999999\n\na\n\n" + From + "\nc\n", 2, 0, 0)]
    [InlineData(From + "Content-Length: 2\n\nab", 1, 0, 0)]
    public void A_Content_Length_decides_what_is_inside_and_is_a_remark_where_it_leads_nowhere(string text, long messages, long plain, long other)
    {
        var sight = Scan(SpoolFormat.Mbox, text);

        Assert.Equal((messages, null, plain, other), (sight.Messages, sight.First, sight.Remarks.PlainFrom, sight.Remarks.OtherLength));
    }

    [Fact]
    public void An_end_within_a_header_is_a_remark() => Assert.Equal((1, null), (Scan(SpoolFormat.Mbox, From + "Subject: a\n").Remarks.CutHeader, Scan(SpoolFormat.Mbox, From + "Subject: a\n").First));

    [Theory]
    [InlineData(From, SpoolFormat.Mbox)]
    [InlineData("From the desk of\n", null)]
    [InlineData(Sep, SpoolFormat.Mmdf)]
    [InlineData(Babyl, SpoolFormat.Babyl)]
    [InlineData("", null)]
    [InlineData("\u0001\u0001\u0001\u0001a\n", null)]
    public void A_format_is_known_by_the_first_line(string text, SpoolFormat? format) => Assert.Equal(format, SpoolHead.FormatOf(Encoding.Latin1.GetBytes(text)));

    [Theory]
    [InlineData(SpoolFormat.Mbox)]
    [InlineData(SpoolFormat.Mmdf)]
    [InlineData(SpoolFormat.Babyl)]
    public void Pieces_of_any_size_come_to_the_same_and_noise_is_answered(SpoolFormat format)
    {
        var random = new Random(20261130);
        string[] words = [From, Sep, "\n", "\r\n", "\u001f", "\u001f\u000c\n", "\u000c", "Content-Length: 60\n", "Content-Transfer-Encoding: binary\n", Nuls, "\0", "From x\n", "text", "BABYL OPTIONS:\n"];
        for (var round = 0; round < 5_000; round++)
        {
            var text = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => words[random.Next(words.Length)])));
            for (var change = random.Next(4); change > 0 && text.Length > 0; change--)
                text[random.Next(text.Length)] = (byte)random.Next(256);

            var whole = Scan(format, text, text.Length + 1);

            Assert.Equal(whole, Scan(format, text, 1));
            Assert.Equal(whole, Scan(format, text, random.Next(1, 700)));
            Assert.Equal(whole.First is null, whole.Faults == 0);
            Assert.True(whole.First is null || (whole.First.Offset >= 0 && whole.First.Bytes > 0 && whole.First.Offset + whole.First.Bytes <= text.Length));
        }
    }

    [Fact]
    public void A_line_of_a_gigabyte_needs_no_memory_of_its_size()
    {
        var scan = new SpoolScan(SpoolFormat.Mbox);
        var piece = new byte[1 << 20];
        piece.AsSpan().Fill((byte)'x');
        scan.Add(Encoding.ASCII.GetBytes(From + "\n\n" + From + "\n"));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var part = 0; part < 1024; part++)
            scan.Add(piece);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.Equal(new SpoolFault(SpoolFaultKind.Cut, 99, 1L << 30), scan.Finish().First);
    }

    private static SpoolSight Scan(SpoolFormat format, string text) => Scan(format, Encoding.Latin1.GetBytes(text), 7);

    private static SpoolSight Scan(SpoolFormat format, byte[] text, int piece)
    {
        var scan = new SpoolScan(format);
        foreach (var part in text.Chunk(piece))
            scan.Add(part);
        return scan.Finish();
    }
}

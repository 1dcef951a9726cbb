using Ops.Locks.Tests.MailSystems;

namespace Ops.Locks.Tests.Fuzz;

/// <summary>Whatever the kernel, a user or an accident writes: parsers give an answer, never an exception, and never more than there was.</summary>
public sealed class ParserFuzz
{
    private static readonly string[] ProcPieces =
    [
        "1: POSIX  ADVISORY  WRITE 4242 fe:00:100 0 EOF\n", "1: -> ", "  -> ", "OFDLCK ADVISORY  READ -1 ", "FLOCK ", "LEASE  BREAKER ", "<none>:0", "*NOINODE*", "18446744073709551616",
        "18446744073709551615", "-1", "0", "EOF", ":", "\n", "\n\n", "\t", " ", "lock:\t", "flags:\t02", "mnt_id:\t", "ino:\t", "pos:\t0\n", "36 35 98:0 /a\\040b /c rw - ext4 /dev/x rw\n", " - ", "\\04", "\\777",
        "4242 (", ") S 1 ", ")) R", "NSpid:\t1\t2\n", "Uid:\t0\t0\n", "CapEff:\tffffffffffffffff\n", "Tgid:\t", "0::/system.slice/exim4.service\n", ".scope", "72 0x7 0x26 0x7ffd 0x0", "running", "0x", "7f00-7f01 rw-s 0 fe:00 12 /x",
        "hidepid=2", "\0", "\u00ff\u00fe", "9999999999999999999999",
    ];

    private static readonly byte[][] Real =
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Cases", "proc")).Order().Select(File.ReadAllBytes),
        "72 0x7 0x26 0x7ffd8a1b2c30 0x0 0x0 0x0 0x7ffd8a1b2be8 0x7f21c0b1e2a4\n"u8.ToArray(),
        "0::/system.slice/dovecot.service\n"u8.ToArray(),
    ];

    private static readonly byte[][] RealQueues =
    [
        "{\"queue_name\": \"deferred\", \"queue_id\": \"ACEF1B28B4D\", \"arrival_time\": 1795989961, \"recipients\": [{\"address\": \"alice@example.org\", \"delay_reason\": \"locked\"}]}\n"u8.ToArray(),
        " 0m   289 1xXn1d-0001Si-2k <root@mail.example.org>\n          alice@mail.example.org\n\n25m  2.9K 0t5C6f-0000c8-00 <> *** frozen ***\n          bob\n"u8.ToArray(),
    ];

    private static readonly byte[][] RealSessions =
    [
        "imap\tlocalhost [127.0.0.1]\talice\tuser.alice\tStore\n"u8.ToArray(),
        "localhost [127.0.0.1]\talice\tuser.alice\n"u8.ToArray(),
        "[{\"username\":\"alice\",\"service\":\"imap\",\"pid\":\"42\",\"ip\":\"192.0.2.7\"}]"u8.ToArray(),
        "dovecot/imap [alice 192.0.2.7 IDLE]"u8.ToArray(),
        "configdirectory: /var/lib/cyrus\nproc_path: /run/cyrus/proc\n"u8.ToArray(),
    ];

    private static readonly string[] SessionPieces =
    [
        "\t", "\n", "\r", "[", "]", "{", "}", "\"", ":", ",", " [", "127.0.0.1", "::1", "alice", "\"username\"", "\"pid\"", "\"ip\"", "42", "\\ud800", "proc_path:", "/", "#", "\0", "\u00ff",
    ];

    private static readonly string[] QueuePieces =
    [
        "{", "}", "[", "]", "\"", ":", "null", "1e999", "-1", "\\ud800", "\"recipients\"", "\"queue_id\"", "\"arrival_time\"", "99999999999", "\n", "\n\n", "          ", "        D ", " 3d ", "1xXn1d-0001Si-2k", "\0", "\u00ff", "\t",
    ];

    [Fact]
    public void No_text_of_proc_makes_a_parser_stumble() => Cases.Check(Cases.Mutated(Real, ProcPieces), static text =>
    {
        var lines = text.AsSpan().Count((byte)'\n') + 1;
        var locks = ProcLocks.Parse(text);
        Assert.InRange(locks.Rows.Count + locks.Unparsed.Count, 0, lines);
        Assert.All(locks.Rows, r => Assert.InRange(r.Depth, 0, text.Length));
        Assert.All(locks.Unparsed, IsPrintable);
        ProcLocks.ParseRow(text);
        var info = ProcFdInfo.Parse(text);
        Assert.InRange(info.Locks.Count + info.Unparsed.Count, 0, lines);
        Assert.True(info.OpenFlags is not null || info.CanWrite, "unknown flags count as writing");
        var maps = ProcMaps.Parse(text);
        Assert.InRange(maps.Mappings.Count, 0, lines);
        Assert.All(maps.Unparsed, IsPrintable);
        var mounts = MountInfo.Parse(text);
        Assert.InRange(mounts.Mounts.Count, 0, lines);
        Assert.All(mounts.Unparsed, IsPrintable);
        if (ProcStat.Parse(text) is { } stat)
        {
            Assert.InRange(stat.Pid, 1, int.MaxValue);
            IsPrintable(stat.Command);
        }
        ProcStatus.Parse(text);
        if (ProcCgroup.UnitOf(text) is { } unit)
            IsPrintable(unit);
        foreach (var machine in Enum.GetValues<Machine>())
            Assert.InRange(ProcSyscall.WaitsFor(text, machine)?.Descriptor ?? 0, 0, int.MaxValue);
    });

    [Fact]
    public void No_text_of_a_queue_makes_a_parser_stumble() => Cases.Check(Cases.Mutated(RealQueues, QueuePieces), static bytes =>
    {
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        var lines = text.Split('\n');
        var count = new QueueCount(static r => r.Address);
        foreach (var message in Parsing.MailQueueTests.ReadExim(text).Concat(lines.Select(PostfixQueueList.ParseLine).OfType<QueuedMessage>()))
        {
            Assert.All(message.Recipients, r => Assert.NotEmpty(r.Address));
            count.Add(message);
        }
        Assert.InRange(count.Messages, 0, 2 * lines.Length);
        Assert.InRange(count.Users.Count, 0, QueueCount.MostUsers);
    });

    [Fact]
    public void No_text_of_a_session_makes_a_parser_stumble() => Cases.Check(Cases.Mutated(RealSessions, SessionPieces), static bytes =>
    {
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        var sessions = new[] { CyrusProcFile.Parse(bytes, ""), DovecotTitle.Parse([text], "") }.OfType<MailSession>().Concat(DovecotWho.Parse(text, "")?.Values ?? []);
        Assert.All(sessions, s =>
        {
            IsPrintable(s.User);
            Assert.InRange(s.User.Length, 1, 256);
            Assert.True(s.Address is null || System.Net.IPAddress.TryParse(s.Address, out _));
        });
        Assert.True(CyrusConfig.ProcDirectory(text) is not { } directory || directory.StartsWith('/'));
    });

    [Fact]
    public void No_text_of_a_lock_names_an_impossible_owner()
    {
        var holders = Locks.MailSystems.All.SelectMany(s => s.Conventions).Select(c => c switch
        {
            DotLock dotLock => dotLock.ReadHolder,
            PidFile pidFile => pidFile.ReadHolder,
            _ => null,
        }).OfType<Func<FileContent, OwnerClaim?>>().Distinct().ToList();
        var looks = Locks.MailSystems.All.SelectMany(s => s.Conventions).OfType<DotLock>().ToList();
        byte[][] real = ["4711\n"u8.ToArray(), "4711:mx1.lab.example"u8.ToArray(), "      4711\n"u8.ToArray(), "0"u8.ToArray(), "0\n"u8.ToArray(), "/x/list.lck|mx1|20912|1234567890"u8.ToArray()];
        string[] pieces = ["4711", "0", "1", "-1", "+1", ":", "mx1", "\n", "\0", "4194304", "4194305", "99999999999999999999", "|", " ", "\t", "\u001b[2J", "<img>", "\u00ff", "\r"];
        Cases.Check(Cases.Mutated(real, pieces), text =>
        {
            var content = FileContent.Of(text);
            foreach (var read in holders)
            {
                if (read(content) is { } claim)
                    Assert.InRange(claim.Pid, 1, NameText.LargestPid);
            }
            var file = FilesFor.Regular(FilePath.FromText("/var/mail/u1.lock"), text, Look.Octal(600));
            foreach (var dotLock in looks)
            {
                // A lock whose looks fit is either unowned by design or names somebody possible; a negative number or 0 is never a pid.
                if (dotLock.Looks(file) && dotLock.ReadHolder(content) is { } claim)
                    Assert.True(!claim.Host?.Any(char.IsControl) ?? true, "a host is text");
            }
        });
    }

    [Fact]
    public void No_path_makes_escaping_print_what_could_steer_a_terminal() =>
        Cases.Check(Cases.Mutated([.. NameRow.Rows().Select(r => NameRow.PathOf(r.Path).Bytes.ToArray())], ["/", "..", ".", "\n", "\u001b[31m", "\u00e2\u0080\u00ae", "\u00ff"]), static bytes =>
        {
            var path = new FilePath(bytes);
            IsPrintable(path.Display);
            _ = path.Parent;
            _ = path.IsUtf8;
            path.Resolve(bytes);
            Assert.Equal(path, new FilePath(path.Bytes));
        });

    private static void IsPrintable(string text) =>
        Assert.False(text.Any(c => char.IsControl(c) || c is '\u202e' or '\u2028'), "something that steers a terminal was let through");
}

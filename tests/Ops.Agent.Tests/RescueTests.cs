using System.Security.Cryptography;
using System.Text;
using Ops.Contracts;
using Ops.Linux;

namespace Ops.Agent.Tests;

/// <summary>Rescue of the bytes of real processes that have a replaced or removed mailbox open.</summary>
public sealed class RescueTests : IDisposable
{
    private const string Old = "From a@x Sat Nov 21 07:16:37 2026\nMessage-ID: <1@x>\nSubject: kept\n\nHello\n\n";
    private const string Lost = "From b@x Sat Nov 21 07:16:38 2026\nFrom: b@x\nMessage-ID: <2@x>\nSubject: lost\nDate: today\n\nGood bye\n\n";
    private readonly Store _store = new();
    private readonly string _mailbox;

    public RescueTests() => _mailbox = _store.Write("alice", Old + Lost);

    [Fact]
    public void A_ghost_writers_bytes_are_saved_and_the_messages_that_the_mailbox_lacks_are_listed()
    {
        using var writer = LockMaker.Start("posix", "write", _mailbox);
        Replace(Old.Replace("Subject: kept", "Subject: kept\nStatus: RO", StringComparison.Ordinal));
        var finding = Ghost(writer.Pid);
        Assert.Contains("rescue", finding.Actions);
        var preview = _store.Handler().Preview(new PreviewRequest("rescue", finding.Key, _mailbox, null, Ref(writer.Pid), finding.Lock!.Descriptor));
        Assert.Null(preview.Refusal);
        Assert.Equal(5, preview.Steps.Count);

        var handler = _store.Handler();
        var result = handler.Execute(Request(writer.Pid, finding.Lock.Descriptor) with { FindingKey = finding.Key, Fingerprint = preview.Fingerprint }, _ => { });
        Assert.Equal("done", result.Outcome);
        var rescued = result.Rescued!;
        Assert.Equal(Path.Join(_store.State, "rescued", result.OperationId.ToString("N")), rescued.Path);
        Assert.Equal(Old + Lost, File.ReadAllText(rescued.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(rescued.Path));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Old + Lost))), rescued.Sha256);
        Assert.Equal((2, (long)(Old + Lost).Length), (rescued.Messages, rescued.Bytes));
        Assert.Equal(new RescuedMessage("b@x", "<2@x>", "lost", "today", Lost.Length), Assert.Single(rescued.NotInMailbox));

        var fetched = new MemoryStream();
        RescueChunk chunk;
        do
            fetched.Write((chunk = handler.FetchRescued(new RescueFetch(result.OperationId, fetched.Length, 50))).Bytes);
        while (!chunk.Last);
        Assert.Equal(Old + Lost, Encoding.ASCII.GetString(fetched.ToArray()));
        Assert.Equal(0, handler.FetchRescued(new RescueFetch(Guid.NewGuid(), 0, 50)).Total);
        Assert.Equal(0, handler.FetchRescued(new RescueFetch(result.OperationId, -1, 50)).Total);
    }

    [Fact]
    public void Without_a_mailbox_all_messages_are_listed()
    {
        using var writer = LockMaker.Start("posix", "write", _mailbox);
        File.Delete(_mailbox);
        var result = _store.Handler().Execute(Request(writer.Pid, DescriptorOf(writer.Pid)), _ => { });
        Assert.Equal("done", result.Outcome);
        Assert.Equal(2, result.Rescued!.NotInMailbox.Count);
        Assert.Contains("no mailbox of this name", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Holes_stay_holes_and_read_as_zeros()
    {
        const long size = 64 * 1024 * 1024;
        using (var file = new FileStream(_mailbox, FileMode.Open))
        {
            file.SetLength(size);
            file.Position = size / 2;
            file.Write("middle"u8);
        }
        using var writer = LockMaker.Start("open", "write", _mailbox);
        var expected = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_mailbox)));
        File.Delete(_mailbox);
        var result = _store.Handler().Execute(Request(writer.Pid, DescriptorOf(writer.Pid)), _ => { });
        Assert.Equal(("done", expected, size), (result.Outcome, result.Rescued!.Sha256, result.Rescued.Bytes));
        Assert.True(Mono.Unix.Native.Syscall.stat(result.Rescued.Path, out var status) == 0 && status.st_blocks * 512 < size / 4, $"{status.st_blocks} blocks");
    }

    [Fact]
    public void A_file_that_still_has_its_name_is_not_copied()
    {
        using var writer = LockMaker.Start("posix", "write", _mailbox);
        var result = _store.Handler().Execute(Request(writer.Pid, DescriptorOf(writer.Pid)), _ => { });
        Assert.Equal(("refused", "not-offered"), (result.Outcome, result.Refusal!.Reason));
        Assert.Empty(Directory.GetFiles(Path.Join(_store.State, "rescued")));
    }

    [Fact]
    public void A_file_that_was_opened_elsewhere_is_not_read_whatever_path_is_claimed()
    {
        var outside = Path.Join(Path.GetDirectoryName(_store.Path), "secret");
        File.WriteAllText(outside, "secret");
        using var writer = LockMaker.Start("open", "write", outside);
        var descriptor = DescriptorOf(writer.Pid, outside);
        File.Delete(outside);
        Assert.Equal("changed", _store.Handler().Execute(Request(writer.Pid, descriptor), _ => { }).Outcome);
        Assert.Equal("policy", _store.Handler().Execute(Request(writer.Pid, descriptor) with { Path = outside }, _ => { }).Refusal!.Reason);
        Assert.Empty(Directory.GetFiles(Path.Join(_store.State, "rescued")));
    }

    [Fact]
    public void Another_run_under_that_pid_is_gone_and_a_pipe_is_refused()
    {
        using var writer = LockMaker.Start("posix", "write", _mailbox);
        var request = Request(writer.Pid, DescriptorOf(writer.Pid));
        File.Delete(_mailbox);
        Assert.Equal("gone", _store.Handler().Execute(request with { Process = request.Process! with { StartTicks = 1 } }, _ => { }).Outcome);
        Assert.Equal("hostile", _store.Handler().Execute(request with { OperationId = Guid.NewGuid(), Descriptor = 0 }, _ => { }).Refusal!.Reason);
    }

    [Fact]
    public async Task The_command_line_saves_to_a_new_file_and_never_over_another()
    {
        using var writer = LockMaker.Start("posix", "write", _mailbox);
        var descriptor = DescriptorOf(writer.Pid);
        Replace(Old);
        var to = Path.Join(Path.GetDirectoryName(_store.Path), "saved.mbox");
        string[] rescue = ["rescue", $"{writer.Pid}", $"{descriptor}", "--to", to, "--reason", "a test", "--root", _store.Path, "--policy", _store.QuickPolicy(), "--state", _store.State];
        var (code, output, _) = await Store.Ops(rescue);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("<2@x>", output, StringComparison.Ordinal);
        Assert.Equal(Old + Lost, File.ReadAllText(to));

        File.WriteAllText(to, "mine");
        Assert.Equal(ExitCode.Refused, (await Store.Ops(rescue)).Code);
        Assert.Equal("mine", File.ReadAllText(to));
        File.Delete(to);
        File.CreateSymbolicLink(to, _mailbox);
        Assert.Equal(ExitCode.Refused, (await Store.Ops(rescue)).Code);
        Assert.Equal(Old, File.ReadAllText(_mailbox));
    }

    [Fact]
    public async Task A_writer_that_goes_on_is_reported()
    {
        using var writer = LockMaker.Start("open", "write", _mailbox);
        using var ours = new FileStream(_mailbox, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete) { Position = Old.Length + Lost.Length };
        var descriptor = DescriptorOf(writer.Pid);
        File.Delete(_mailbox);
        // Large enough that the copy takes longer than the writer's next write.
        ours.Write(Encoding.ASCII.GetBytes(new string('y', 32 * 1024 * 1024)));
        ours.Flush();
        var begun = ours.Length;
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                ours.Write("x"u8);
                ours.Flush();
            }
        });
        while (RandomAccess.GetLength(ours.SafeFileHandle) == begun)
            await Task.Delay(1);
        var result = _store.Handler().Execute(Request(writer.Pid, descriptor), _ => { });
        await stop.CancelAsync();
        await writing;
        Assert.Equal("done", result.Outcome);
        Assert.Contains("went on writing", result.Summary, StringComparison.Ordinal);
        Assert.Equal(2, result.Rescued!.Messages);
    }

    public void Dispose() => _store.Dispose();

    private void Replace(string text)
    {
        File.WriteAllText(_mailbox + ".new", text);
        File.Move(_mailbox + ".new", _mailbox, overwrite: true);
    }

    private Finding Ghost(int pid) => new HostSurvey(_store.Settings(), TimeProvider.System).SurveyLocks(CancellationToken.None).Findings
        .Single(f => f.Process?.Pid == pid && f.Verdict == "ghost-write");

    private int DescriptorOf(int pid, string? path = null) => Directory.GetFiles($"/proc/{pid}/fd")
        .Where(f => new FileInfo(f).LinkTarget?.StartsWith(path ?? _mailbox, StringComparison.Ordinal) == true)
        .Select(f => int.Parse(Path.GetFileName(f), System.Globalization.CultureInfo.InvariantCulture)).Single();

    private static ProcessRef Ref(int pid)
    {
        var identity = new ProcReader().ReadProcess(pid)!.Identity;
        return new ProcessRef(pid, identity.StartTicks, identity.BootId);
    }

    private ExecuteRequest Request(int pid, int? descriptor) =>
        new(Guid.NewGuid(), "rescue", "", _mailbox, null, null, "alice", [], "a test", Process: Ref(pid), Descriptor: descriptor);
}

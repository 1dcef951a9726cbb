using System.Diagnostics;
using System.Globalization;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>An explanation that finds nothing says how it looked, and ends with a code of its own.</summary>
public sealed class UnknownSubjectTests : IDisposable
{
    private readonly Store _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_path_that_does_not_exist_is_said_to_be_missing()
    {
        var (code, output, _) = await _store.OpsHere("explain", _store.File("nobody"));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"No lock, waiter or leftover is known for {_store.File("nobody")}.", output, StringComparison.Ordinal);
        Assert.Contains($"{_store.File("nobody")} does not exist.", output, StringComparison.Ordinal);
        Assert.Contains($"{_store.File("nobody")}.lock does not exist.", output, StringComparison.Ordinal);
        Assert.Matches("Looked at: [0-9]+ kernel locks and the descriptors of their files in [1-9][0-9]* processes", output);
        Assert.Contains($"below {_store.Path}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_file_is_said_to_be_of_no_known_kind()
    {
        var path = _store.Write("notes.txt", "buy milk");
        var (code, output, _) = await _store.OpsHere("explain", path);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"{path} is a regular file of 8 bytes. Its name and place are of no lock", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_fits_with_content_that_does_not_is_explained_as_such()
    {
        Directory.CreateDirectory(_store.File("proc"));
        var session = _store.Write("proc/20912", "no session");
        var (code, output, _) = await _store.OpsHere("explain", session);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("Its name could be one of Cyrus IMAP, but its kind or content is not what that program writes.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_is_not_text_is_explained_by_its_bytes()
    {
        byte[] name = [.. "al"u8, 0xff, .. "ice.lock"u8];
        using (var process = Process.Start("sh", ["-c", "printf '%s\\n' \"$2\" > \"$1/$(printf 'al\\377ice').lock\"", "sh", _store.Path, Text(Store.DeadPid())]))
        {
            await process.WaitForExitAsync();
        }
        var path = FilePath.FromText(_store.Path).Join(name);

        var (code, output, _) = await _store.OpsHere("explain", "--path-bytes", Convert.ToBase64String(path.Bytes));
        using (var process = Process.Start("sh", ["-c", "rm -- \"$1\"/al*", "sh", _store.Path])) // .NET cannot name it
        {
            await process.WaitForExitAsync();
        }

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains($"{path.Display} (dot-lock", output, StringComparison.Ordinal);

        (code, output, _) = await _store.OpsHere("explain", "--path-bytes", Convert.ToBase64String(FilePath.FromText(_store.Path).Join([0xfe]).Bytes));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains(@"\xfe does not exist.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_given_by_bytes_that_are_not_base64_is_refused() =>
        Assert.Equal(ExitCode.Usage, (await _store.OpsHere("explain", "--path-bytes", "%%%")).Code);

    [Fact]
    public async Task A_pid_is_said_to_be_gone_or_without_a_lock()
    {
        var (code, output, _) = await _store.OpsHere("explain", Text(Store.DeadPid()));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("There is no process ", output, StringComparison.Ordinal);
        using var sleeper = Process.Start("sleep", "600");
        try
        {
            (code, output, _) = await _store.OpsHere("explain", Text(sleeper.Id), "--json");
        }
        finally
        {
            sleeper.Kill();
        }
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("has run since", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_is_said_to_exist_or_not()
    {
        var (code, output, _) = await _store.OpsHere("explain", "no-such-user");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("no-such-user is no user of this host", output, StringComparison.Ordinal);
        Assert.Contains("daemon is a user of this host", (await _store.OpsHere("explain", "daemon")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_known_is_explained_with_success()
    {
        var (code, output, _) = await _store.OpsHere("explain", _store.StaleLock("alice"));
        Assert.Equal(ExitCode.Done, code);
        Assert.DoesNotContain("Looked at:", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_was_not_looked_at_comes_with_the_reason()
    {
        var lines = UnknownSubject.Explain(new Search([new SearchedFile(FilePath.FromText("/x\e[2J"), null, null, [], "it is not below a root")], [], 0, 3, 0, ["hidepid"]));
        Assert.Contains(@"/x\x1b[2J was not looked at: it is not below a root.", lines);
        Assert.Contains("Not seen: hidepid.", lines);
        Assert.Contains(lines, l => l.Contains("no directory, since none is configured or was found", StringComparison.Ordinal));
    }

    private static string Text(int pid) => pid.ToString(CultureInfo.InvariantCulture);
}

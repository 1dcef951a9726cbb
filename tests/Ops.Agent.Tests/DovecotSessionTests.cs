using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Ops.Agent.Tests;

/// <summary>A real Dovecot on loopback, one of whose sessions holds a lock that another process waits for.</summary>
public sealed class DovecotSessionTests : IDisposable
{
    // Root's alone, as the program that is asked must be; and short, for Dovecot's sockets.
    private readonly string _place = Directory.CreateDirectory($"/run/ops-dovecot-{Guid.NewGuid():N}"[..24]).FullName;
    private Process? _dovecot;

    public void Dispose()
    {
        if (_dovecot is { HasExited: false })
        {
            Assert.Equal(0, Mono.Unix.Native.Syscall.kill(_dovecot.Id, Mono.Unix.Native.Signum.SIGTERM));
            _dovecot.WaitForExit();
        }
        _dovecot?.Dispose();
        Directory.Delete(_place, recursive: true);
    }

    [DovecotTheory]
    [InlineData("no", "doveadm who")]
    [InlineData("yes", "title of the process")]
    public async Task The_session_that_holds_a_lock_is_named(string titles, string source)
    {
        var port = await StartDovecot(titles);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        await Say(stream, "1 LOGIN alice none");
        await Until(reader, "1 OK");
        // The mailbox is locked until all of the message is there.
        await Say(stream, "2 APPEND INBOX {1000}");
        await Until(reader, "+ ");
        await Say(stream, "Subject: the beginning");
        var mailbox = Path.Join(_place, "inbox", "alice");
        JsonNode? holder = null;
        await Wait.Until(async () => (holder = await Holder(mailbox)) is not null);
        using var waiter = LockMaker.Start("--wait", "posix", "write", mailbox);

        var session = holder!["process"]!["session"]!;
        Assert.Equal(["dovecot", "alice", "127.0.0.1", "imap", source], new[] { "system", "user", "address", "service", "source" }.Select(n => session[n]!.GetValue<string>()));
        var evidence = holder["evidence"]!.AsArray()[^1]!;
        Assert.EndsWith("serves alice from 127.0.0.1 by imap", evidence["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        var (_, table, _) = await Store.Ops("locks", "--policy", Policy, "--header");
        Assert.Contains(table.Split('\n'), l => l.Contains("alice from 127.0.0.1", StringComparison.Ordinal) && l.EndsWith(mailbox, StringComparison.Ordinal));
        await Wait.Until(async () => (await Store.Ops("why", mailbox, "--policy", Policy)).Output.Contains("1 process waits", StringComparison.Ordinal));
        Assert.Contains("(imap, session of alice from 127.0.0.1, user mail) holds ", (await Store.Ops("why", mailbox, "--policy", Policy)).Output, StringComparison.Ordinal);

        // Once it is over no one is named.
        client.Close();
        await Wait.Until(async () => await Holder(mailbox) is null);
    }

    private string Policy => Path.Join(_place, "policy.json");

    private static async Task<JsonNode?> HolderIn(string policy, string mailbox) => (await Store.Ops("locks", "--json", "--policy", policy)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(l => JsonNode.Parse(l)).FirstOrDefault(f => f!["path"]!.GetValue<string>() == mailbox && f["process"]?["session"] is not null);

    private Task<JsonNode?> Holder(string mailbox) => HolderIn(Policy, mailbox);

    private async Task<int> StartDovecot(string titles)
    {
        foreach (var directory in new[] { "run", "home", "inbox" })
        {
            Directory.CreateDirectory(Path.Join(_place, directory));
            Assert.Equal(0, Mono.Unix.Native.Syscall.chown(Path.Join(_place, directory), 8, 8));
        }
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        File.WriteAllText(Path.Join(_place, "users"), $"alice:{{PLAIN}}none:8:8::{_place}/home::userdb_mail=mbox:{_place}/home/mail:INBOX={_place}/inbox/alice\n");
        File.WriteAllText(Path.Join(_place, "dovecot.conf"), $$"""
            base_dir = {{_place}}/run
            state_dir = {{_place}}/run
            log_path = {{_place}}/log
            protocols = imap
            listen = 127.0.0.1
            ssl = no
            verbose_proctitle = {{titles}}
            disable_plaintext_auth = no
            default_internal_user = mail
            default_internal_group = mail
            default_login_user = nobody
            first_valid_uid = 1
            mbox_write_locks = fcntl
            passdb {
              driver = passwd-file
              args = {{_place}}/users
            }
            userdb {
              driver = passwd-file
              args = {{_place}}/users
            }
            service imap-login {
              chroot =
              inet_listener imap {
                port = {{port}}
              }
              inet_listener imaps {
                port = 0
              }
            }
            service anvil {
              chroot =
            }

            """);
        var doveadm = Path.Join(_place, "doveadm");
        File.WriteAllText(doveadm, $"#!/bin/sh\nexec /usr/bin/doveadm -c {_place}/dovecot.conf \"$@\"\n");
        File.SetUnixFileMode(doveadm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(Policy, new JsonObject { ["imapSessions"] = true, ["doveadm"] = doveadm, ["cyrusConfig"] = Path.Join(_place, "no-imapd.conf"), ["roots"] = new JsonArray(Path.Join(_place, "inbox")) }.ToJsonString());
        _dovecot = Process.Start(DovecotTheoryAttribute.Program, ["-F", "-c", Path.Join(_place, "dovecot.conf")]);
        await Wait.Until(() => Answers(port));
        return port;
    }

    private static async Task<bool> Answers(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task Say(NetworkStream stream, string line) => await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"));

    private static async Task Until(StreamReader reader, string begins)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await reader.ReadLineAsync(limit.Token) is { } line && !line.StartsWith(begins, StringComparison.Ordinal))
        {
        }
    }
}

/// <summary>A test that starts a Dovecot of its own.</summary>
public sealed class DovecotTheoryAttribute : TheoryAttribute
{
    public const string Program = "/usr/sbin/dovecot";

    public DovecotTheoryAttribute() => Skip = Requirements.IsBuildMachine || Environment.IsPrivilegedProcess && File.Exists(Program) && File.Exists("/usr/lib/dovecot/imap") ? null : "needs root and Dovecot 2.3 (dovecot-imapd)";
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ops.Bench;

/// <summary>A real Dovecot 2.3 on loopback with a user of Maildir and one of sdbox, below a directory of its own. Needs root.</summary>
internal sealed class LivingDovecot : IDisposable
{
    public const string Program = "/usr/sbin/dovecot";
    public const string Delivery = "/usr/lib/dovecot/dovecot-lda";

    public static readonly IReadOnlyList<string> Users = ["maildir", "sdbox"];
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(20);

    // Short, for Dovecot's sockets.
    private readonly string _place = Directory.CreateDirectory($"/var/tmp/ops-living-{Guid.NewGuid():N}"[..28]).FullName;
    private readonly Process _dovecot;
    private readonly int _port;

    public LivingDovecot()
    {
        Store = Path.Join(_place, "home");
        foreach (var directory in Users.Select(u => Path.Join("home", u)).Prepend("home").Prepend("run"))
        {
            var path = Directory.CreateDirectory(Path.Join(_place, directory)).FullName;
            if (Mono.Unix.Native.Syscall.chown(path, 8, 8) != 0)
                throw new InvalidOperationException($"cannot give {path} to the user mail: run this as root");
        }

        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            _port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        File.WriteAllLines(Path.Join(_place, "users"), Users.Select(u => $"{u}:{{PLAIN}}none:8:8::{Store}/{u}::userdb_mail={u}:~/{u}"));
        File.WriteAllText(Configuration, Text());
        _dovecot = Process.Start(Program, ["-F", "-c", Configuration]);
        var clock = Stopwatch.StartNew();
        while (!Answers())
        {
            if (_dovecot.HasExited || clock.Elapsed > StartsWithin)
                throw new InvalidOperationException("Dovecot did not start: " + File.ReadAllText(Path.Join(_place, "log")));
            Thread.Sleep(50);
        }
    }

    /// <summary>Root of what is audited.</summary>
    public string Store { get; }

    private string Configuration => Path.Join(_place, "dovecot.conf");

    public ImapClient Connect(string user) => new(_port, user);

    /// <summary>One message by the delivery program of Dovecot.</summary>
    /// <returns>Whether it was delivered.</returns>
    public async Task<bool> DeliverAsync(string user, string message)
    {
        using var lda = Process.Start(new ProcessStartInfo(Delivery, ["-c", Configuration, "-d", user]) { RedirectStandardInput = true })!;
        await lda.StandardInput.WriteAsync(message);
        lda.StandardInput.Close();
        await lda.WaitForExitAsync();
        return lda.ExitCode == 0;
    }

    public void Dispose()
    {
        if (!_dovecot.HasExited)
        {
            _ = Mono.Unix.Native.Syscall.kill(_dovecot.Id, Mono.Unix.Native.Signum.SIGTERM);
            _dovecot.WaitForExit();
        }

        _dovecot.Dispose();
        Directory.Delete(_place, recursive: true);
    }

    private bool Answers()
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private string Text() => $$"""
        base_dir = {{_place}}/run
        state_dir = {{_place}}/run
        log_path = {{_place}}/log
        protocols = imap
        listen = 127.0.0.1
        ssl = no
        postmaster_address = postmaster@example.org
        disable_plaintext_auth = no
        default_internal_user = mail
        default_internal_group = mail
        default_login_user = nobody
        first_valid_uid = 1
        mail_max_userip_connections = 50
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
            port = {{_port.ToString(CultureInfo.InvariantCulture)}}
          }
          inet_listener imaps {
            port = 0
          }
        }
        service anvil {
          chroot =
        }

        """;
}

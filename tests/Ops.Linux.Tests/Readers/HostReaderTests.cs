using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class HostReaderTests
{
    [Fact]
    public void One_look_at_this_host_has_every_part()
    {
        using var scratch = new Scratch();
        var path = scratch.Write("mbox");
        var file = FileDescriptor.IdentityAt(System.Text.Encoding.UTF8.GetBytes(path)).Value.Identity;
        using var maker = LockMaker.Start("posix", "write", path);

        var host = new HostReader().Look(new HashSet<FileIdentity> { file }, new HashSet<int>());

        Assert.Equal(Environment.MachineName, host.HostName);
        Assert.NotEqual(Guid.Empty, host.BootId);
        Assert.True(host.BootedAt < host.Now);
        Assert.InRange(host.PidMax, 300, 4194304);
        Assert.True(host.Processes.Processes.ContainsKey(maker.Pid));
        Assert.Equal(maker.Pid, Assert.Single(Assert.Single(host.Locks.On(file)).Parties).Process.Pid);
        Assert.Equal(maker.Pid, Assert.Single(host.OpenFiles.Of(file)).Process.Pid);
        var seen = ArtefactReader.Stat(FilePath.FromText(path)).Value;
        Assert.NotNull(host.MountOf(seen));
    }

    [Fact]
    public void The_hosts_facts_come_from_the_configured_proc()
    {
        using var proc = new Scratch();
        proc.Write("sys/kernel/hostname", "mail1\n");
        proc.Write("sys/kernel/pid_max", "32768\n");
        proc.Write("sys/kernel/random/boot_id", "6b1f9a3e-6f5e-4f0e-9d53-0a4b0a3f9c11\n");
        proc.Write("self/status", "CapEff:\t000001ffffffffff\n");
        proc.Write("self/mountinfo", "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n");
        proc.Write("locks");

        var host = new HostReader(new ReaderOptions { ProcRoot = proc.Path }, TimeProvider.System, ["mail"]).Look(new HashSet<FileIdentity>(), new HashSet<int>());

        Assert.Equal(("mail1", 32768, true), (host.HostName, host.PidMax, host.IsPrivileged));
        Assert.Equal(new Guid("6b1f9a3e-6f5e-4f0e-9d53-0a4b0a3f9c11"), host.BootId);
        Assert.Equal(["mail"], host.Aliases);
        Assert.Equal("ext4", Assert.Single(host.Mounts).FileSystem);
        Assert.Null(host.SharesLocalDisks);
    }

    [Theory]
    [InlineData("000001ffffffffff", "         0          0 4294967295\n", true)]
    [InlineData("000001ffffffffff", "         0     100000      65536\n", false)]
    [InlineData("0000000000080004", "         0          0 4294967295\n", true)]
    [InlineData("0000000000080000", "         0          0 4294967295\n", false)]
    [InlineData("0000000000000004", "         0          0 4294967295\n", false)]
    [InlineData("0000000000000000", "         0          0 4294967295\n", false)]
    public void Seeing_everything_takes_two_capabilities_in_the_initial_user_namespace(string capabilities, string map, bool privileged)
    {
        using var proc = new Scratch();
        proc.Write("self/status", $"CapEff:\t{capabilities}\n");
        proc.Write("self/uid_map", map);

        Assert.Equal(privileged, new HostReader(new ReaderOptions { ProcRoot = proc.Path }, TimeProvider.System, []).Look(new HashSet<FileIdentity>(), new HashSet<int>()).IsPrivileged);
    }

    [Theory]
    [InlineData("nfsd", 2129984, "NFS server")]
    [InlineData("smbd", 0, "SMB server")]
    [InlineData("ksmbd:eth0", 2129984, "SMB server")]
    [InlineData("virtiofsd", 0, "virtual machines")]
    [InlineData("lockd", 2129984, null)]
    [InlineData("dovecot", 0, null)]
    public void A_file_server_on_this_host_shares_its_disks(string command, int flags, string? words)
    {
        using var proc = new Scratch();
        proc.Write("77/stat", $"77 ({command}) S 2 0 0 0 -1 {flags} 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n");

        var shares = HostReader.SharesLocalDisks(new ProcReader(new ReaderOptions { ProcRoot = proc.Path }).ReadProcesses());

        Assert.Equal(words is not null, shares is not null);
        Assert.Contains(words ?? "", shares ?? "", StringComparison.Ordinal);
    }
}

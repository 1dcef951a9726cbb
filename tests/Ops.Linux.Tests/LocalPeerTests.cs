using System.Net.Sockets;
using Mono.Unix.Native;

namespace Ops.Linux.Tests;

/// <summary>Who is at the other end of a Unix socket.</summary>
public sealed class LocalPeerTests
{
    [Fact]
    public void The_kernel_names_the_user_at_the_other_end()
    {
        var folder = Directory.CreateTempSubdirectory("ops-peer-").FullName;
        var path = Path.Join(folder, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        using var accepted = listener.Accept();
        Assert.Equal(Accounts.EffectiveUserId, LocalPeer.UserOf(client));
        Assert.Equal(Accounts.EffectiveUserId, LocalPeer.UserOf(accepted));
        Assert.Null(LocalPeer.ProblemOfListener(path, LocalPeer.UserOf(client)));

        // Where others can write, any of them may have made the socket.
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        Assert.Contains("other users can write", LocalPeer.ProblemOfListener(path, LocalPeer.UserOf(client)), StringComparison.Ordinal);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Contains("listens at", LocalPeer.ProblemOfListener(path, 4_000_000_000), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Only_a_socket_of_our_own_is_replaced_and_only_where_no_other_user_can_write()
    {
        var folder = Directory.CreateTempSubdirectory("ops-place-").FullName;
        var path = Path.Join(folder, "s");
        Assert.Null(LocalPeer.ProblemOfPlace(path));
        File.WriteAllText(path, "a file of somebody");
        Assert.Contains("is no socket", LocalPeer.ProblemOfPlace(path), StringComparison.Ordinal);
        File.Delete(path);
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            Assert.Null(LocalPeer.ProblemOfPlace(path));
            File.CreateSymbolicLink(path + ".link", path);
            Assert.Contains("is no socket", LocalPeer.ProblemOfPlace(path + ".link"), StringComparison.Ordinal);
        }
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite);
        Assert.Contains("other users can write", LocalPeer.ProblemOfPlace(path), StringComparison.Ordinal);
        Assert.Contains("cannot be looked at", LocalPeer.ProblemOfPlace(Path.Join(folder, "none", "s")), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(990, 990, null)]
    [InlineData(0, 990, null)]
    [InlineData(1000, 990, "belongs to user 1000")]
    [InlineData(990, 1000, "is a socket of user 1000")]
    public void A_socket_or_directory_of_another_user_is_left_as_it_is(uint directory, uint socket, string? problem)
    {
        var around = new Stat { st_mode = FilePermissions.S_IFDIR | FilePermissions.S_IRWXU, st_uid = directory };
        var there = new Stat { st_mode = FilePermissions.S_IFSOCK | FilePermissions.S_IRWXU, st_uid = socket };
        var found = LocalPeer.ProblemOfPlace("/run/console/agent.sock", around, there, own: 990);
        if (problem is null)
            Assert.Null(found);
        else
            Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 990, true)]
    [InlineData(990, 990, true)]
    [InlineData(1000, 990, false)]
    public void Root_and_our_own_user_speak_for_the_host_and_no_other(uint peer, uint own, bool may) => Assert.Equal(may, LocalPeer.MaySpeakForHost(peer, own));
}

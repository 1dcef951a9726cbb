using Microsoft.Extensions.DependencyInjection;

namespace Ops.Data.Tests;

/// <summary>The folder that holds database, anchor and keys is for its user alone, also when it was there before.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Open = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("ops-data-dir-").FullName;

    private string Data => Path.Join(_folder, "data");

    private string Keys => Path.Join(Data, "keys");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_new_data_directory_and_its_keys_are_private()
    {
        await StartAsync();
        Assert.Equal((Private, Private), (File.GetUnixFileMode(Data), File.GetUnixFileMode(Keys)));
    }

    [Fact]
    public async Task An_empty_data_directory_that_is_open_to_others_is_closed()
    {
        Directory.CreateDirectory(Data);
        File.SetUnixFileMode(Data, Open);
        await StartAsync();
        Assert.Equal((Private, Private), (File.GetUnixFileMode(Data), File.GetUnixFileMode(Keys)));
    }

    [Fact]
    public async Task A_data_directory_and_keys_that_became_open_to_others_are_closed_at_the_next_start()
    {
        await StartAsync();
        // What an installation has besides: the journal of the agent inside, a key, and the folder that every new ext4 has.
        Directory.CreateDirectory(Path.Join(Data, "agent"));
        Directory.CreateDirectory(Path.Join(Data, "lost+found"));
        await File.WriteAllTextAsync(Path.Join(Keys, "key-1.xml"), "<key/>");
        File.SetUnixFileMode(Data, Open);
        File.SetUnixFileMode(Keys, Open);
        File.SetUnixFileMode(Path.Join(Keys, "key-1.xml"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        await StartAsync();
        Assert.Equal((Private, Private), (File.GetUnixFileMode(Data), File.GetUnixFileMode(Keys)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(Keys, "key-1.xml")));
    }

    // It may be /var/lib or a home directory, named by mistake: closing that would break the host.
    [Fact]
    public async Task A_directory_with_files_of_others_that_is_open_to_them_is_refused_and_left_as_it_is()
    {
        Directory.CreateDirectory(Path.Join(Data, "somebody"));
        File.SetUnixFileMode(Data, Open);

        var refused = await Assert.ThrowsAsync<DataDirectoryException>(StartAsync);
        Assert.Contains("0755", refused.Message, StringComparison.Ordinal);
        Assert.Contains("chmod 0700", refused.Message, StringComparison.Ordinal);
        Assert.Contains("somebody", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Open, File.GetUnixFileMode(Data));
        Assert.Equal(["somebody"], Directory.GetFileSystemEntries(Data).Select(p => Path.GetFileName(p)));
    }

    [Fact]
    public async Task A_private_directory_with_other_files_in_it_is_used()
    {
        Directory.CreateDirectory(Path.Join(Data, "backup"));
        File.SetUnixFileMode(Data, Private);
        await StartAsync();
        Assert.True(File.Exists(Path.Join(Data, "ops.db")));
    }

    private async Task StartAsync()
    {
        await using var program = new ServiceCollection().AddLogging().AddOpsData("sqlite", null, Data).BuildServiceProvider();
        await program.MigrateOpsDataAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
    }
}

namespace Ops.Web.Tests;

/// <summary>A console whose disk is full at its first start says so in one sentence, whatever it was about to write, and starts once there is room.</summary>
public sealed class StorageStartTests
{
    private const int InputOutputError = 74;

    [MountFact]
    public async Task A_start_on_a_full_disk_ends_with_one_sentence_and_the_next_one_with_room_works()
    {
        using var disk = new LoopMount(megabytes: 8);
        var data = Path.Join(disk.Path, "data");
        var failures = 0;
        // Each leaves what it made to the next: the failure moves from the folder to the database, its migrations and the first entry of the audit.
        foreach (var kilobytes in (int[])[0, 8, 40, 120, 400, 700])
        {
            disk.Fill(kilobytes);
            var (code, errors) = await ConsoleStart.TryAsync(data);
            if (code is null)
                break;
            failures++;
            Assert.Equal(InputOutputError, code);
            var sentence = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Contains(data, sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", sentence, StringComparison.Ordinal);
        }
        Assert.True(failures >= 2, $"only {failures} starts failed");

        File.Delete(Path.Join(disk.Path, "ballast"));
        var (end, said) = await ConsoleStart.TryAsync(data);
        Assert.True(end is null, $"ended with {end}: {said}");
        Assert.Empty(Directory.GetFiles(data, "*.new"));
    }
}

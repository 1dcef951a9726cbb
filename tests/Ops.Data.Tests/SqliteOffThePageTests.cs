using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Ops.Data.Tests;

/// <summary>While another program writes to the SQLite file, a page that writes or reads gets its thread back at once: what it waits for is answered later.</summary>
public sealed class SqliteOffThePageTests
{
    [Fact]
    public Task An_audited_change_waits_off_the_page() => WaitsOffThePage(data => data.Audit.AppendAsync(new() { Actor = "olga", Action = "test" }));

    [Fact]
    public Task Saving_a_row_waits_off_the_page() => WaitsOffThePage(async data =>
    {
        await using var db = await data.OpenAsync();
        db.Users.Add(new() { UserName = "olga" });
        await db.SaveChangesAsync();
    });

    [Fact]
    public Task An_update_without_a_row_waits_off_the_page() => WaitsOffThePage(async data =>
    {
        await using var db = await data.OpenAsync();
        await db.Users.ExecuteUpdateAsync(s => s.SetProperty(u => u.Email, "olga@example.org"));
    });

    [Fact]
    public Task A_statement_of_an_open_connection_waits_off_the_page() => WaitsOffThePage(async data =>
    {
        await using var db = await data.OpenAsync();
        await db.Database.OpenConnectionAsync();
        await db.Database.ExecuteSqlRawAsync("""UPDATE "AspNetUsers" SET "Email" = NULL""");
    });

    private static async Task WaitsOffThePage(Func<TestData, Task> write)
    {
        await using var data = await TestData.CreateSqliteAsync();
        Page page = new();
        Task<int> written;
        await using (var other = new SqliteConnection($"Data Source={Path.Join(data.Folder, "ops.db")};Pooling=False"))
        {
            other.Open();
            await using var begin = other.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();

            (var isOver, written) = page.Call(async () =>
            {
                await write(data);
                return 0;
            });
            Assert.False(isOver, "the page waited for the other program");
        }

        Assert.Equal(0, await written);
    }

    /// <summary>The synchronization context of a circuit, whose handlers run on whichever thread brings the event.</summary>
    private sealed class Page : SynchronizationContext
    {
        /// <summary>Calls a handler as a page does.</summary>
        /// <returns>Whether the handler was over when the call came back, and its task.</returns>
        public (bool IsOver, Task<T> Task) Call<T>(Func<Task<T>> handler)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                var task = handler();
                return (task.IsCompleted, task);
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}

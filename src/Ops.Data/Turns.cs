using Npgsql;

namespace Ops.Data;

/// <summary>One at a time over all consoles of a database, for what reads, decides and writes in several transactions. Singleton.</summary>
public sealed class Turns : IDisposable
{
    // Any number that no other lock of ours uses; "OpsTurns" in ASCII.
    private const long LockKey = 0x4F70735475726E73;

    private readonly SemaphoreSlim _here = new(1, 1);
    private readonly string? _postgres;

    internal Turns(DatabasePlace place) => _postgres = place.SqliteFile is null ? new NpgsqlConnectionStringBuilder(place.ConnectionString) { Pooling = false }.ConnectionString : null;

    public void Dispose() => _here.Dispose();

    /// <summary>Waits for the turn. With PostgreSQL it is held by a connection of its own, so a console that is killed frees it.</summary>
    /// <exception cref="System.Data.Common.DbException">The database does not answer; there is no turn.</exception>
    public async Task<IAsyncDisposable> TakeAsync(CancellationToken stop = default)
    {
        await _here.WaitAsync(stop);
        NpgsqlConnection? connection = null;
        try
        {
            if (_postgres is not null)
            {
                connection = new NpgsqlConnection(_postgres);
                await connection.OpenAsync(stop);
                await using var wait = connection.CreateCommand();
                wait.CommandText = "SELECT pg_advisory_lock($1)";
                wait.Parameters.Add(new() { Value = LockKey });
                await wait.ExecuteNonQueryAsync(stop);
            }
            return new Turn(_here, connection);
        }
        catch
        {
            if (connection is not null)
                await connection.DisposeAsync();
            _here.Release();
            throw;
        }
    }

    private sealed class Turn(SemaphoreSlim here, NpgsqlConnection? connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                if (connection is not null)
                    await connection.DisposeAsync();
            }
            finally
            {
                here.Release();
            }
        }
    }
}

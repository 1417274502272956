using System.Globalization;
using Npgsql;

namespace Orleans.Cache.Grains.Silos;

/// <summary>
/// Makes the tables that Orleans keeps members and grain state in, where they are not there. What they must look like is Orleans' documented interface
/// with relational storages: it reads its statements from the table OrleansQuery, by their keys.
/// </summary>
internal static class PostgreSqlTables
{
    /// <summary>Nodes that start together make them one after the other. Any number, the same everywhere.</summary>
    private const long MakersLock = 0x6F6361636865;

    /// <exception cref="CacheException">Unavailable: the database cannot be used; the message holds no password.</exception>
    public static async Task EnsureAsync(string connectionString, CancellationToken cancellationToken)
    {
        string host = "";
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            host = $"{settings.Host}:{settings.Port}/{settings.Database}";
            var connection = new NpgsqlConnection(connectionString);
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({MakersLock})"), cancellationToken).ConfigureAwait(false);
                    await ExecuteAsync(connection, ReadScript(), cancellationToken).ConfigureAwait(false);
                    await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (ArgumentException e)
        {
            throw new CacheException(CacheError.InvalidArgument, $"What follows 'adonet:' is no connection string of PostgreSQL: {e.Message}", e);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            throw new CacheException(CacheError.Unavailable, $"The cluster's database {host} cannot be used: {e.Message}", e);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string ReadScript()
    {
        using Stream script = typeof(PostgreSqlTables).Assembly.GetManifestResourceStream("Orleans.Cache.Grains.Silos.PostgreSQL.sql")!;
        using var reader = new StreamReader(script);
        return reader.ReadToEnd();
    }
}

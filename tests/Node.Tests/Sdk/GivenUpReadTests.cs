using Orleans.Cache.Client;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>
/// Reads that are given up while their nodes stand still: the caller gets its memory back at once and for good, the stream goes on
/// where it was, and read-ahead holds nothing afterwards.
/// </summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GivenUpReadTests(SdkNodes nodes) : IClassFixture<SdkNodes>, IAsyncLifetime
{
    private const byte Mark = 0xA5;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    private readonly ClientFigures _figures = new();
    private CacheClient _client = null!;

    public async Task InitializeAsync() => _client = await nodes.ConnectAsync();

    public async Task DisposeAsync()
    {
        Thaw();
        await _client.DisposeAsync();
        _figures.Dispose();
    }

    [Fact]
    public async Task A_read_that_is_given_up_leaves_the_position_and_the_memory()
    {
        await using CacheReadStream stream = await _client.OpenReadAsync("/data/medium");
        byte[] buffer = new byte[5 * CacheLimits.MiB];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 1000));
        Freeze();
        await ExpectGivenUpAsync(token => stream.ReadAsync(buffer, token));
        Assert.Equal(1000, stream.Position);
        Array.Fill(buffer, Mark);
        Thaw();

        byte[] other = new byte[5 * CacheLimits.MiB];
        await stream.ReadExactlyAsync(other);
        Assert.True(other.AsSpan().SequenceEqual(nodes.Medium.AsSpan(1000, other.Length)));
        Assert.DoesNotContain(buffer, b => b != Mark);
    }

    [Fact]
    public async Task A_read_of_what_is_read_ahead_may_be_given_up_as_well()
    {
        await using CacheReadStream stream = await _client.OpenReadAsync("/data/medium");
        byte[] buffer = new byte[100_000];
        await stream.ReadExactlyAsync(buffer);
        await stream.ReadExactlyAsync(buffer);
        Assert.True(_figures[ClientFigures.Buffers] > 0);
        Freeze();
        // What has come before is still there; the rest is not on its way any more.
        long position = 0;
        await ExpectGivenUpAsync(async token =>
        {
            while (true)
            {
                position = stream.Position;
                await stream.ReadExactlyAsync(buffer, token);
                Assert.True(buffer.AsSpan().SequenceEqual(nodes.Medium.AsSpan((int)position, buffer.Length)));
            }
        });
        Assert.InRange(stream.Position, position, position + buffer.Length);
        Thaw();

        position = stream.Position;
        await stream.ReadExactlyAsync(buffer);
        Assert.True(buffer.AsSpan().SequenceEqual(nodes.Medium.AsSpan((int)position, buffer.Length)));
        await stream.DisposeAsync();
        Assert.True(_figures.HoldsNothing);
    }

    [Fact]
    public async Task Ranges_that_are_given_up_write_nothing_into_the_memory_afterwards()
    {
        FileStatus file = await _client.GetStatusAsync("/data/medium");
        byte[] buffer = new byte[nodes.Medium.Length];
        Freeze();
        await ExpectGivenUpAsync(async token => await _client.ReadAsync(file, 0, buffer, token));
        Array.Fill(buffer, Mark);
        Thaw();
        Assert.Equal(100, await _client.ReadAsync(file, 0, new byte[100]));
        Assert.DoesNotContain(buffer, b => b != Mark);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _client.ReadAsync(file, 0, buffer, new CancellationToken(canceled: true)));
        Assert.DoesNotContain(buffer, b => b != Mark);
    }

    [Fact]
    public async Task Questions_that_are_given_up_end_at_once()
    {
        Freeze();
        await ExpectGivenUpAsync(async token => await _client.GetStatusAsync("/strict/x", token));
        await ExpectGivenUpAsync(async token => await _client.OpenReadAsync("/strict/x", token));
        await ExpectGivenUpAsync(async token => await _client.ListAsync("/strict", cancellationToken: token).GetAsyncEnumerator(token).MoveNextAsync());
        await ExpectGivenUpAsync(async token => await _client.FreeAsync("/strict", recursive: true, token));
        await ExpectGivenUpAsync(async token => await _client.CreateAsync("/strict/x", new MemoryStream([1]), cancellationToken: token));
    }

    [Fact]
    public async Task A_stream_that_is_closed_in_the_middle_gives_its_memory_back()
    {
        CacheReadStream stream = await _client.OpenReadAsync("/data/medium");
        byte[] buffer = new byte[100_000];
        await stream.ReadExactlyAsync(buffer);
        await stream.ReadExactlyAsync(buffer);
        CacheReadStream other = await _client.OpenReadAsync("/data/medium");
        await other.ReadExactlyAsync(buffer);
        Freeze();
        // Until nothing more comes.
        await ExpectGivenUpAsync(async token =>
        {
            while (true)
                await other.ReadExactlyAsync(buffer, token);
        });
        Task<int> waiting = other.ReadAsync(buffer).AsTask();
        Assert.True(_figures[ClientFigures.Buffers] > 0);

        await stream.DisposeAsync();
        // Another thread's read ends, too, and does not come with bytes of a stream that is closed.
        await other.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);

        Assert.True(_figures.HoldsNothing);
        Assert.True(_figures["ocache.client.readahead.unused.bytes"] > 0);
        Thaw();
        await NodeProcess.UntilAsync(async () => await _client.ExistsAsync("/data/medium"), "nodes that do not answer again");
    }

    /// <summary>All nodes stand still; what they have sent already arrives.</summary>
    private void Freeze()
    {
        foreach (NodeProcess node in nodes.Cluster.Running)
            node.Freeze();
    }

    private void Thaw()
    {
        foreach (NodeProcess node in nodes.Cluster.Running)
            node.Thaw();
    }

    private static async Task ExpectGivenUpAsync(Func<CancellationToken, ValueTask<int>> read) =>
        await ExpectGivenUpAsync(async Task (CancellationToken token) => await read(token));

    /// <summary>Well before the second after which a silent node is asked whether it lives.</summary>
    private static async Task ExpectGivenUpAsync(Func<CancellationToken, Task> ask)
    {
        using var given = new CancellationTokenSource(Soon);
        long began = TimeProvider.System.GetTimestamp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask(given.Token));
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(0.9));
    }
}

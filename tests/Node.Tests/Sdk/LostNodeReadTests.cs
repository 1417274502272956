using System.Security.Cryptography;
using Orleans.Cache.Client;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>
/// Nodes are killed and frozen under a stream: it goes on at its byte, on the next owner, on any node, and where it may in the under
/// storage itself.
/// </summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class LostNodeReadTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Nodes = 3;
    private const string Path = "/data/dir/f";

    private readonly TemporaryDirectory _source = new(onTmpfs: true);
    private readonly byte[] _content = new byte[40 * CacheLimits.MiB + 11];
    private readonly ClientFigures _figures = new();
    private NodeCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        new Random(17).NextBytes(_content);
        _source.Write("dir/f", _content);
        _source.Write("dir/g", [1]);
        _cluster = await NodeCluster.StartAsync(Nodes, "--mount", $"/data=file://{_source.Path}");
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _source.Dispose();
        Assert.True(_figures.HoldsNothing);
        _figures.Dispose();
    }

    [Theory]
    [InlineData(16 * CacheLimits.MiB)]
    [InlineData(0)]
    public async Task Kill_9_of_the_owner_in_the_middle_of_a_stream_is_not_noticed(int readAhead)
    {
        await using CacheClient client = await ConnectAsync(new CacheClientOptions { ReadAheadBytes = readAhead });
        int owner = await OwnerAsync(client);

        TimeSpan longest = await ReadAsync(client, () => _cluster.KillNodeAsync(owner));

        output.WriteLine($"longest read {longest.TotalMilliseconds:0} ms");
        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.True(_figures["ocache.client.failovers"] > 0);
        Assert.Equal(0, _figures["ocache.client.fallback.bytes"]);
        await NodeProcess.UntilAsync(
            () => Task.FromResult(client.Cluster.Members.Where(m => m.State == "down").Select(m => m.Name).SequenceEqual([NodeCluster.NameOf(owner)])),
            "a client that does not say who is down");
    }

    [Fact]
    public async Task A_frozen_owner_in_the_middle_of_a_stream_is_left_within_five_seconds_and_used_again()
    {
        await using CacheClient client = await ConnectAsync();
        int owner = await OwnerAsync(client);

        TimeSpan longest = await ReadAsync(client, () => Do(_cluster[owner].Freeze));

        output.WriteLine($"longest read {longest.TotalSeconds:0.00} s");
        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True(_figures["ocache.client.failovers"] > 0);
        _cluster[owner].Thaw();
        await _cluster.UntilSeenAsync(owner, "up");
        double served = await _cluster[owner].GetMetricAsync("ocache_peer_reads_total");
        FileStatus file = await client.GetStatusAsync(Path);
        await NodeProcess.UntilAsync(async () =>
        {
            await client.ReadAsync(file, 0, new byte[100]);
            return await _cluster[owner].GetMetricAsync("ocache_peer_reads_total") > served;
        }, "a node that is not used again");
    }

    [Fact]
    public async Task Any_single_node_that_is_left_serves_everything_and_those_that_return_are_found()
    {
        await using CacheClient client = await ConnectAsync();
        await _cluster.KillNodeAsync(0);
        TimeSpan longest = await ReadAsync(client, () => _cluster.KillNodeAsync(1));
        output.WriteLine($"longest read {longest.TotalMilliseconds:0} ms");
        Assert.Equal(["/data/dir/f", "/data/dir/g"], await ListAsync(client));

        // The other way round: what the client knew as its only node is the one that is missing.
        await _cluster.StartNodeAsync(0);
        await _cluster.KillNodeAsync(2);
        await ReadAsync(client, () => Task.CompletedTask);
        Assert.Equal(["/data/dir/f", "/data/dir/g"], await ListAsync(client));
    }

    [Fact]
    public async Task The_addresses_that_were_given_are_asked_when_no_known_node_is_left()
    {
        await using NodeCluster other = await NodeCluster.StartAsync(1, "--mount", $"/data=file://{_source.Path}");
        await using CacheClient client = await CacheClient.ConnectAsync([_cluster[0].Rest, other[0].Rest]);
        Assert.Equal(Nodes, client.Cluster.Members.Count);
        await KillAllAsync();

        Assert.Equal(_content.Length, (await client.GetStatusAsync(Path)).Length);
        Assert.Equal(other[0].Rest, Assert.Single(client.Cluster.Members).Url);
    }

    [Fact]
    public async Task Without_a_way_to_the_under_storage_a_lost_cluster_is_NodeUnreachable()
    {
        await using CacheClient client = await ConnectAsync();
        FileStatus file = await client.GetStatusAsync(Path);
        await using CacheReadStream stream = await client.OpenReadAsync(Path);
        byte[] buffer = new byte[1000];
        await stream.ReadExactlyAsync(buffer);
        await KillAllAsync();

        stream.Position = 20 * CacheLimits.MiB;
        await ExpectUnreachableAsync(async () => await stream.ReadExactlyAsync(buffer));
        Assert.Equal(20 * CacheLimits.MiB, stream.Position);
        await ExpectUnreachableAsync(() => client.GetStatusAsync(Path));
        await ExpectUnreachableAsync(() => client.OpenReadAsync(Path));
        await ExpectUnreachableAsync(() => ListAsync(client));
        await ExpectUnreachableAsync(async () => await client.ReadAsync(file, 0, buffer));
        await ExpectUnreachableAsync(() => client.FreeAsync(Path));
        await ExpectUnreachableAsync(() => client.DeleteAsync(Path));
        await ExpectUnreachableAsync(() => client.CreateAsync("/data/new", new MemoryStream([1])));

        // And it is no worse for it: when a node is back, so is the stream.
        await _cluster.StartNodeAsync(1);
        await stream.ReadExactlyAsync(buffer);
        Assert.Equal(_content[(20 * CacheLimits.MiB)..(20 * CacheLimits.MiB + 1000)], buffer);
    }

    [Fact]
    public async Task With_the_under_storage_configured_reading_goes_on_without_any_node()
    {
        int opened = 0;
        var options = new CacheClientOptions
        {
            UnderStorage = identity =>
            {
                opened++;
                return UnderStorageFactory.Create(identity.Uri, TimeProvider.System);
            },
        };
        await using CacheClient client = await ConnectAsync(options);
        TimeSpan longest = await ReadAsync(client, KillAllAsync);
        output.WriteLine($"longest read {longest.TotalMilliseconds:0} ms");

        Assert.True(_figures["ocache.client.fallback.bytes"] > 0);
        FileStatus file = await client.GetStatusAsync(Path);
        Assert.Equal(_content.Length, file.Length);
        await ReadAsync(client, () => Task.CompletedTask);
        byte[] range = new byte[10 * CacheLimits.MiB];
        Assert.Equal(range.Length, await client.ReadAsync(file, 777, range));
        Assert.True(range.AsSpan().SequenceEqual(_content.AsSpan(777, range.Length)));
        Assert.Equal(["/data/dir/f", "/data/dir/g"], await ListAsync(client));
        Assert.False(await client.ExistsAsync("/data/dir/nothing"));
        Assert.Equal(CacheError.NotFound, (await Assert.ThrowsAsync<CacheException>(() => client.GetStatusAsync("/data/dir/nothing"))).Error);
        await ExpectUnreachableAsync(() => client.DeleteAsync(Path));
        Assert.Equal(1, opened);

        _source.Write("dir/other", _content);
        File.Move(_source["dir/other"], _source["dir/f"], overwrite: true);
        CacheException changed = await Assert.ThrowsAsync<CacheException>(async () => await client.ReadAsync(file, 0, range));
        Assert.Equal(CacheError.Changed, changed.Error);
    }

    [Fact]
    public async Task An_under_storage_that_the_program_does_not_give_is_as_none()
    {
        await using CacheClient client = await ConnectAsync(new CacheClientOptions { UnderStorage = _ => null });
        await KillAllAsync();
        await ExpectUnreachableAsync(() => client.GetStatusAsync(Path));
        await ExpectUnreachableAsync(() => client.OpenReadAsync(Path));
    }

    /// <summary>Reads the file from its beginning to its end; in the middle, something happens.</summary>
    /// <returns>The longest that a read took.</returns>
    private async Task<TimeSpan> ReadAsync(CacheClient client, Func<Task> happens)
    {
        await using CacheReadStream stream = await client.OpenReadAsync(Path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[200_000];
        TimeSpan longest = TimeSpan.Zero;
        bool happened = false;
        while (true)
        {
            long began = TimeProvider.System.GetTimestamp();
            int read = await stream.ReadAsync(buffer);
            TimeSpan took = TimeProvider.System.GetElapsedTime(began);
            longest = took > longest ? took : longest;
            if (read == 0)
                break;
            hash.AppendData(buffer, 0, read);
            if (!happened && stream.Position > _content.Length / 3)
            {
                happened = true;
                await happens();
            }
        }
        Assert.Equal(_content.Length, stream.Position);
        Assert.Equal(SHA256.HashData(_content), hash.GetHashAndReset());
        return longest;
    }

    private Task<CacheClient> ConnectAsync(CacheClientOptions? options = null) => CacheClient.ConnectAsync(_cluster.Running.Select(n => n.Rest), options);

    private static async Task<int> OwnerAsync(CacheClient client) => int.Parse((await SdkNodes.OwnerAsync(client, Path, 0))[1..], null) - 1;

    private async Task KillAllAsync()
    {
        for (int i = 0; i < Nodes; i++)
            await _cluster.KillNodeAsync(i);
    }

    private static async Task<List<string>> ListAsync(CacheClient client)
    {
        var paths = new List<string>();
        await foreach (FileStatus entry in client.ListAsync("/data/dir"))
            paths.Add(entry.Path.Value);
        return paths;
    }

    private static async Task ExpectUnreachableAsync(Func<Task> ask) =>
        Assert.Equal(CacheError.NodeUnreachable, (await Assert.ThrowsAsync<CacheException>(ask)).Error);

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}

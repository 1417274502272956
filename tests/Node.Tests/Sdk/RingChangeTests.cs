using System.Globalization;
using Orleans.Cache.Client;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>The client goes straight to owners, follows a ring that changes, and keeps its connections within their bound.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class RingChangeTests : IDisposable
{
    private const int Files = 60;

    private readonly TemporaryDirectory _source = new(onTmpfs: true);
    private readonly TemporaryDirectory _stores = new(onTmpfs: true);

    public RingChangeTests()
    {
        for (int i = 0; i < Files; i++)
            _source.Write($"f{i}", SdkNodes.ContentOf($"f{i}"));
    }

    public void Dispose()
    {
        _source.Dispose();
        _stores.Dispose();
    }

    [Fact]
    public async Task Every_request_goes_to_the_owner_and_nowhere_else()
    {
        await using NodeCluster cluster = await NodeCluster.StartAsync(3, "--mount", $"/={_source.Path}");
        await using CacheClient client = await CacheClient.ConnectAsync(cluster[0].Rest);
        var owned = new Dictionary<string, int>();
        for (int i = 0; i < Files; i++)
        {
            string owner = await SdkNodes.OwnerAsync(client, $"/f{i}", 0);
            owned[owner] = owned.GetValueOrDefault(owner) + 1;
        }
        await ReadAllAsync(client);

        for (int i = 0; i < 3; i++)
            Assert.Equal(owned[NodeCluster.NameOf(i)], await cluster[i].GetMetricAsync("ocache_peer_reads_total"));
    }

    [Fact]
    public async Task A_client_learns_the_new_ring_when_the_cluster_grows()
    {
        int[] ports = ReservedPorts.Take(2);
        NodeProcess first = await StartAsync(ports, 0, members: 1);
        try
        {
            await using CacheClient client = await CacheClient.ConnectAsync(first.Rest);
            Assert.Single(client.Cluster.Members);
            await ReadAllAsync(client);

            await first.StopAsync();
            await first.DisposeAsync();
            first = await StartAsync(ports, 0, members: 2);
            await using NodeProcess second = await StartAsync(ports, 1, members: 2);

            await NodeProcess.UntilAsync(async () =>
            {
                await client.GetStatusAsync("/f0");
                return client.Cluster.Members.Count == 2;
            }, "a client that does not know the second node");
            await ReadAllAsync(client);
            Assert.True(await second.GetMetricAsync("ocache_peer_reads_total") > 0, "The second node is not asked for what it owns.");

            // Smaller again; the one that has left is gone from the client's view as well.
            await second.StopAsync();
            await first.StopAsync();
            await first.DisposeAsync();
            first = await StartAsync(ports, 0, members: 1);
            await NodeProcess.UntilAsync(async () =>
            {
                await ReadAllAsync(client);
                return client.Cluster.Members.Count == 1;
            }, "a client that asks for a node that has left");
        }
        finally
        {
            await first.DisposeAsync();
        }
    }

    [Fact]
    public async Task Connections_are_bounded_however_many_read()
    {
        const int Bound = 5;
        byte[] content = new byte[8 * CacheLimits.MiB];
        new Random(3).NextBytes(content);
        _source.Write("big", content);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/={_source.Path}", "--store", $"{_stores["pages"]}=256MiB");
        int before = node.CountDescriptors("socket:");
        await using CacheClient client = await CacheClient.ConnectAsync(node.Rest, new CacheClientOptions { Limits = new ClientLimits { ConnectionsPerNode = Bound, CallsPerNode = Bound } });
        using var read = new CancellationTokenSource();
        int most = 0;
        Task watching = Task.Run(() =>
        {
            while (!read.IsCancellationRequested)
                most = Math.Max(most, node.CountDescriptors("socket:"));
        });

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            await using CacheReadStream stream = await client.OpenReadAsync("/big");
            stream.Position = i * 1000;
            byte[] bytes = new byte[1_000_000];
            await stream.ReadExactlyAsync(bytes);
            Assert.True(bytes.AsSpan().SequenceEqual(content.AsSpan(i * 1000, bytes.Length)));
        })));

        await read.CancelAsync();
        await watching;
        // Those for bytes, those for questions, two for pings.
        Assert.InRange(most - before, 1, 2 * Bound + 2);
    }

    private static async Task ReadAllAsync(CacheClient client)
    {
        for (int i = 0; i < Files; i++)
        {
            FileStatus status = await client.GetStatusAsync($"/f{i}");
            byte[] content = new byte[status.Length];
            await client.ReadAsync(status, 0, content);
            Assert.Equal(SdkNodes.ContentOf($"f{i}"), content);
        }
    }

    private Task<NodeProcess> StartAsync(int[] ports, int index, int members)
    {
        string peers = string.Join(',', ports.Take(members).Select((port, i) => $"n{i + 1}=http://127.0.0.1:{port}"));
        return NodeProcess.StartAsync(
            "--mount", $"/={_source.Path}", "--store", $"{_stores[$"n{index + 1}"]}=64MiB", "--name", $"n{index + 1}", "--peers", peers,
            "--rest-port", ports[index].ToString(CultureInfo.InvariantCulture));
    }
}

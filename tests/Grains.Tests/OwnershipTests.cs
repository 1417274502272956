using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Orleans.Cache.Client;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Tests;

/// <summary>Three nodes of a grid: what goes through grains, what does not, and that each page is read once.</summary>
[Collection(OneAtATime.Name)]
public sealed class OwnershipTests
{
    [Fact]
    public async Task An_open_goes_through_the_file_s_grain_unless_the_owner_itself_believes_the_status()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3);
        string[] names = [.. Enumerable.Range(0, 30).Select(i => $"f{i}")];
        foreach (string name in names)
            grid.Put(name, 1000);

        foreach (string name in names)
        {
            long before = grid.Sum(n => n.Grains.FileCalls);
            long[] stats = [.. grid.Nodes.Select(n => n.Counters.UfsStats.Value)];
            foreach (GridNode node in grid.Nodes)
                Assert.Equal(1000, await node.LengthAsync(name));
            int owner = Assert.Single(Enumerable.Range(0, 3), i => grid[i].Counters.UfsStats.Value > stats[i]);
            // Asked after another node has asked through it, the owner knows.
            Assert.Equal(owner == 0 ? 3 : 2, grid.Sum(n => n.Grains.FileCalls) - before);
        }

        // Each file is asked for at one node: there its grain lives, and there it is believed.
        Assert.All(grid.Nodes, n => Assert.True(n.Grains.FileCalls.Value > 0, $"{n.Name} owns nothing."));
        Assert.Equal(names.Length, grid.Sum(n => n.Counters.UfsStats));
        Assert.Equal(2 * names.Length, grid.Sum(n => n.Counters.ForwardedStatuses));
        foreach (GridNode node in grid.Nodes)
        {
            using JsonDocument figures = JsonDocument.Parse(await node.Client.GetStringAsync("api/v1/cache"));
            Assert.Equal(node.Grains.FileCalls.Value, figures.RootElement.GetProperty("grid").GetProperty("opens").GetInt64());
        }
    }

    [Fact]
    public async Task Opens_of_clients_that_know_the_ring_go_through_the_grain_too()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3);
        byte[] content = grid.Put("f", 100_000);
        await using CacheClient client = await CacheClient.ConnectAsync(grid[0].Address);
        long before = grid.Sum(n => n.Grains.FileCalls);

        Stream stream = await client.OpenReadAsync("/f");
        await using (stream)
        {
            var read = new MemoryStream();
            await stream.CopyToAsync(read);
            Assert.Equal(content, read.ToArray());
        }

        Assert.Equal(1, grid.Sum(n => n.Grains.FileCalls) - before);
        Assert.Equal(0, grid.Sum(n => n.Counters.ForwardedStatuses));
    }

    [Fact]
    public async Task What_is_not_there_and_what_is_refused_is_said_as_by_a_node_alone()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3);
        grid.Put("f", 10);
        foreach (GridNode node in grid.Nodes)
        {
            Assert.Null(await node.LengthAsync("nothing"));
            using HttpResponseMessage below = await node.Client.GetAsync("api/v1/files/f/g");
            Assert.Equal(HttpStatusCode.NotFound, below.StatusCode);
        }
    }

    [Fact]
    public async Task A_miss_begins_at_its_page_s_grain_and_a_hit_asks_none()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3);
        byte[] content = grid.Put("f", 3 * CacheLimits.MiB);
        await grid.UntilOldEnoughAsync("f");

        Assert.Equal(content, await grid[0].ReadAsync("f"));
        long calls = grid.Sum(n => n.Grains.PageCalls);
        Assert.InRange(calls, 1, 3);
        Assert.Equal(grid.Sum(n => n.Counters.Misses), grid.Sum(n => n.Grains.FillsBegun));

        foreach (GridNode node in grid.Nodes)
            Assert.Equal(content, await node.ReadAsync("f"));
        Assert.Equal(calls, grid.Sum(n => n.Grains.PageCalls));
        Assert.Equal(3, grid.Sum(n => n.Counters.PagesFilled));
    }

    [Fact]
    public async Task A_thousand_cold_readers_over_three_silos_read_no_page_twice()
    {
        const int Pages = 48;
        await using GridNodes grid = await GridNodes.StartAsync(3);
        byte[] content = grid.Put("cold", Pages * CacheLimits.MiB);
        await grid.UntilOldEnoughAsync("cold");

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(() => ReadAsync(grid[i % 3], i % Pages * CacheLimits.MiB, content))));

        Assert.Equal(Pages, grid.Sum(n => n.Counters.PagesFilled));
        Assert.Equal(content.Length, grid.Sum(n => n.Counters.BytesFromUfs));
        Assert.InRange(grid.Sum(n => n.Grains.FillsBegun), 1, Pages);
    }

    [Fact]
    public async Task Grains_live_where_the_ring_says()
    {
        await using GridNodes grid = await GridNodes.StartAsync(3);
        for (int i = 0; i < 50; i++)
        {
            grid.Put($"f{i}", 10);
            await grid[i % 3].LengthAsync($"f{i}");
        }

        HashRing ring = grid[0].Rings.Current.Ring;
        Assert.Equal(["n1", "n2", "n3"], ring.Members.Select(m => m.Name));
        foreach (GridNode node in grid.Nodes)
        {
            Assert.NotEmpty(node.Live.Snapshot());
            Assert.All(node.Live.Snapshot(), activation =>
            {
                Assert.True(GrainKey.TryReadRing(activation.GrainId.Key, out RingKey key));
                Assert.Equal(node.Name, ring.Owner(key)!.Name);
            });
        }
        Assert.Equal(50, grid.Nodes.Sum(n => n.Live.Count));
    }

    private static async Task ReadAsync(GridNode node, int from, byte[] content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files/cold") { Headers = { Range = new RangeHeaderValue(from, from + CacheLimits.MiB - 1) } };
        using HttpResponseMessage answer = await node.Client.SendAsync(request);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(body.AsSpan().SequenceEqual(content.AsSpan(from, CacheLimits.MiB)), $"Bytes from {from} on are not the file's.");
    }
}

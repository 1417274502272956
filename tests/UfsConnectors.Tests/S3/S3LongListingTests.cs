using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>A bucket of many objects, listed over HTTP: requests, the SDK and its XML included.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class S3LongListingTests
{
    private const int Objects = 200_000;

    /// <summary>All entries held would take 40 MiB and more; a page of a thousand as XML, as the SDK's objects and as ours takes about one.</summary>
    private const long Bound = 12 * CacheLimits.MiB;

    [Fact]
    public async Task Many_objects_are_listed_in_order_a_thousand_a_request_and_in_bounded_memory()
    {
        await using var server = new ListingServer(Objects);
        await using IUnderStorage storage = S3Fixture.Connect(server.Url, "");
        long start = GC.GetTotalMemory(forceFullCollection: true), most = 0;
        int seen = 0;
        await foreach (UfsStatus entry in storage.ListAsync("data", null, CancellationToken.None))
        {
            Assert.Equal("data/" + ListingServer.NameOf(seen), entry.Key);
            Assert.Equal(seen, entry.Length);
            if (++seen % 25_000 == 12_500)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - start);
        }
        Assert.Equal(Objects, seen);
        Assert.True(most < Bound, $"The listing held {most} bytes.");
        Assert.InRange(server.Requests, Objects / 1000, (Objects / 1000) + 10);
    }

    [Fact]
    public async Task A_listing_goes_on_behind_a_name_without_what_stands_before_it()
    {
        await using var server = new ListingServer(Objects);
        await using IUnderStorage storage = S3Fixture.Connect(server.Url, "");
        var names = new List<string>();
        await foreach (UfsStatus entry in storage.ListAsync("data", ListingServer.NameOf(150_000), CancellationToken.None))
        {
            names.Add(entry.Name);
            if (names.Count == 3)
                break;
        }
        Assert.Equal([ListingServer.NameOf(150_001), ListingServer.NameOf(150_002), ListingServer.NameOf(150_003)], names);
        Assert.InRange(server.Requests, 1, 10);
    }
}

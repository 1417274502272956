using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Silo.Hosting;

namespace Orleans.Cache.Grains.Tests;

/// <summary>The cluster has one mount table.</summary>
[Collection(OneAtATime.Name)]
public sealed class MountTests
{
    [Fact]
    public async Task A_node_with_other_mounts_is_refused_in_one_line_that_names_both()
    {
        await using GridNodes grid = await GridNodes.StartAsync(2);
        Directory.CreateDirectory(grid.Source("elsewhere"));
        NodeOptions other = grid.OptionsOf("n3", $"/other=file://{grid.Source("elsewhere")}");

        CacheException refused = await Assert.ThrowsAsync<CacheException>(() => new NodeHost(other, TextWriter.Null).StartAsync(default));

        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        Assert.Contains("/other=", refused.Message, StringComparison.Ordinal);
        Assert.Contains("start all nodes with the same --mount options", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        // It left: the others go on by themselves.
        await GridNodes.UntilAsync(() => grid.Nodes.All(n => n.Rings.Current.Ring.Members.Count == 2), "silos that were refused");
        grid.Put("f", 10);
        Assert.Equal(10, await grid[0].LengthAsync("f"));
    }
}

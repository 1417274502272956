using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Ring;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Hosting.Grid;

/// <summary>A node's way into its grid and out of it.</summary>
internal static class GridMember
{
    /// <summary>To be called when the node answers requests.</summary>
    public static Task JoinAsync(this IGrid grid, Engine engine, NodeOptions options, Uri rest, CancellationToken cancellationToken)
    {
        GridOptions how = options.Grid!;
        var address = new UriBuilder(Uri.UriSchemeHttp, how.Address.ToString(), rest.Port).Uri;
        return grid.JoinAsync(engine.AsGridNode(new RingMember(options.Name, address, how.Weight)), cancellationToken);
    }
}

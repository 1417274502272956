using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.OpenApi;
using Orleans.Cache.Nodes;

namespace Orleans.Cache.Gateway.Peers;

/// <summary>
/// What a node serves to other nodes and to ring-aware clients, on the REST port. Takes from the services what the REST front-end
/// takes, the node itself (<see cref="ICacheNode"/>) and, in a cluster, <see cref="ClusterMembership"/>.
/// </summary>
internal static class PeerGateway
{
    public static IServiceCollection AddPeerGateway(this IServiceCollection services) => services
        .AddSingleton(provider => new ClusterEndpoint(
            provider.GetRequiredService<CacheFileSystem>(), provider.GetRequiredService<ICacheNode>(), provider.GetService<ClusterMembership>()))
        .AddSingleton<PeerDataEndpoint>()
        .AddSingleton<PeerMetadataEndpoints>();

    public static void MapPeerGateway(this IEndpointRouteBuilder app)
    {
        var data = app.ServiceProvider.GetRequiredService<PeerDataEndpoint>();
        var metadata = app.ServiceProvider.GetRequiredService<PeerMetadataEndpoints>();
        app.MapGet(PeerRoutes.Data, (Delegate)data.HandleAsync).ExcludeFromDescription();
        app.MapGet(PeerRoutes.Ping, (Delegate)metadata.PingAsync).ExcludeFromDescription();
        app.MapGet(PeerRoutes.Status, (Delegate)metadata.StatusAsync).ExcludeFromDescription();
        app.MapGet(PeerRoutes.List, (Delegate)metadata.ListAsync).ExcludeFromDescription();
        app.MapGet(PeerRoutes.Cached, (Delegate)metadata.CachedAsync).ExcludeFromDescription();
        app.MapPost(PeerRoutes.Load, (Delegate)metadata.LoadAsync).ExcludeFromDescription();
        app.MapGet(PeerRoutes.Pages, (Delegate)metadata.PagesAsync).ExcludeFromDescription();
        app.MapGet(PeerRoutes.Recall, (Delegate)metadata.RecallAsync).ExcludeFromDescription();
        app.MapGet(PeerRoutes.Count, (Delegate)metadata.CountAsync).ExcludeFromDescription();
        app.MapPost(PeerRoutes.Free, (Delegate)metadata.FreeAsync).ExcludeFromDescription();
        app.MapPost(PeerRoutes.Invalidate, (Delegate)metadata.InvalidateAsync).ExcludeFromDescription();
        app.MapPost(PeerRoutes.Drop, (Delegate)metadata.DropAsync).ExcludeFromDescription();
        app.MapGet(ClusterEndpoint.Route, (Delegate)app.ServiceProvider.GetRequiredService<ClusterEndpoint>().Handle)
            .Describe("getCluster", "The cluster as this node sees it: members, their share and state, and the ring's version.");
    }
}

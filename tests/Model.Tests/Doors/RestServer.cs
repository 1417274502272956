using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Model.Tests.Running;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Model.Tests.Doors;

/// <summary>The REST front-end as a node runs it (Kestrel, sendfile), on a free port of the loopback interface.</summary>
internal sealed class RestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RestServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <param name="files">What it serves.</param>
    /// <param name="node">The node behind it.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="port">Where to listen; 0 takes any free port.</param>
    /// <param name="cluster">The cluster that the node belongs to.</param>
    /// <param name="local">The node as its cluster has it; null: as it is.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<RestServer> StartAsync(CacheFileSystem files, BenchNode node, TimeProvider time, int port = 0, ClusterMembership? cluster = null, ICacheNode? local = null)
    {
        var limits = new RestLimits();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore()
            .UseInlineScheduling(new RestLimits().Backlog)
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseSendFile(limits.StallTimeout)));
        var health = new NodeHealth(node.Name, time);
        health.MarkReady();
        // Instances, which the application does not dispose of.
        builder.Services.AddSingleton(files).AddSingleton<IPageStore>(node.Store).AddSingleton(node.Counters).AddSingleton(local ?? node.Node)
            .AddSingleton(time).AddSingleton(health)
            .AddRouting()
            .AddRestGateway(limits)
            .AddNodeTelemetry(node.Name);
        if (cluster is not null)
            builder.Services.AddSingleton(cluster);
        var server = new RestServer(builder.Build().MapRestGateway());
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

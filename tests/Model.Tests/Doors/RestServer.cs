using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Model.Tests.Doors;

/// <summary>The REST front-end as a node runs it (Kestrel, sendfile), on a free port of the loopback interface.</summary>
internal sealed class RestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RestServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<RestServer> StartAsync(CacheFileSystem files, IPageStore store, CacheCounters counters, TimeProvider time)
    {
        var limits = new RestLimits();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore()
            .UseInlineScheduling()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseSendFile(limits.StallTimeout)));
        builder.Services.AddSingleton(files).AddSingleton(store).AddSingleton(counters).AddSingleton(time)
            .AddSingleton(new NodeHealth("model", time))
            .AddRouting()
            .AddRestGateway(limits)
            .AddNodeTelemetry("model");
        var server = new RestServer(builder.Build().MapRestGateway());
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

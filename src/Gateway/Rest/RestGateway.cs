using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Peers;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.Rest.Inspecting;
using Orleans.Cache.Gateway.Rest.Loading;
using Orleans.Cache.Gateway.Rest.Mounting;
using Orleans.Cache.Gateway.Rest.OpenApi;
using Orleans.Cache.Gateway.Rest.Operations;
using Orleans.Cache.Gateway.Rest.Problems;
using Orleans.Cache.Gateway.Rest.Writing;
using Orleans.Cache.Loading;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Rest;

/// <summary>
/// The native REST front-end. Takes from the services: CacheFileSystem, CacheCounters, IPageStore, TimeProvider, CacheLimits (the
/// defaults where there are none), <see cref="NodeHealth"/>, and what <see cref="NodeTelemetry.AddNodeTelemetry"/> adds. Adds LoadJobs unless they are there.
/// </summary>
public static class RestGateway
{
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddRestGateway(this IServiceCollection services, RestLimits? limits = null)
    {
        limits ??= new RestLimits();
        services.Configure<KestrelServerOptions>(limits.ApplyTo);
        services.Configure<JsonOptions>(options => RestJson.Apply(options.SerializerOptions));
        services.TryAddSingleton(NewLoadJobs);
        services.TryAddSingleton(new CacheLimits());
        services.TryAddSingleton(StorePrices.Default);
        services.TryAddSingleton(new NodeSettings([]));
        services.TryAddSingleton<INodeLog, NoLog>();
        return services.AddSingleton(limits)
            .AddSingleton(provider => new OwnerRedirect(provider.GetRequiredService<CacheFileSystem>(), provider.GetService<ClusterMembership>()))
            .AddSingleton<FileEndpoint>()
            .AddSingleton<StatusEndpoint>()
            .AddSingleton<ListEndpoint>()
            .AddSingleton<MountsEndpoint>()
            .AddSingleton(provider => new MountingEndpoints(provider.GetRequiredService<StorePrices>(), provider.GetRequiredService<IPageStore>(), provider.GetService<IMountChanges>()))
            .AddSingleton<CacheEndpoint>()
            .AddSingleton<FreeEndpoint>()
            .AddSingleton<FileWriteEndpoint>()
            .AddSingleton<ChangeEndpoints>()
            .AddSingleton<LoadEndpoint>()
            .AddSingleton<AbsenceReasons>()
            .AddSingleton<ExplainEndpoint>()
            .AddSingleton<TopEndpoint>()
            .AddSingleton<NodeEndpoints>()
            .AddSingleton<SourceEndpoint>()
            .AddSingleton<HealthEndpoints>()
            .AddPeerGateway()
            .AddAlluxio()
            .AddRestDescription();
    }

    public static WebApplication MapRestGateway(this WebApplication app)
    {
        NodeTelemetry.Start(app.Services);
        app.UseMiddleware<ProblemMiddleware>();
        app.Use(The<FileEndpoint>(app).ShortenAsync);
        app.Use(OffEventThread.InvokeAsync);
        app.UseAlluxio();
        app.UseRouting();
        app.MapMethods(FileEndpoint.Pattern, GetAndHead, (Delegate)The<FileEndpoint>(app).HandleAsync).Describe(
            "getFile", "Reads a file, whole or in ranges.", RestDescription.OwnedFile)
            .Produces(StatusCodes.Status307TemporaryRedirect)
            .GivesBytes();
        MapWrites(app);
        app.MapAlluxio();
        app.MapGet(StatusEndpoint.Route + "/{**path}", (Delegate)The<StatusEndpoint>(app).HandleAsync).Describe(
            "getStatus", "Status of a path: type, length, version, and how much of it is cached.", RestDescription.Path);
        app.MapGet(ListEndpoint.Route + "/{**path}", (Delegate)The<ListEndpoint>(app).HandleAsync).Describe(
            "list", "Entries of a directory, a page at a time.", RestDescription.Listing)
            .Produces<ListBody>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        MapMounts(app);
        app.MapGet(CacheEndpoint.Route, (Delegate)The<CacheEndpoint>(app).Handle).Describe("getCache", "Figures of this node and its store directories.");
        app.MapPost(FreeEndpoint.Route, (Delegate)The<FreeEndpoint>(app).HandleAsync).Describe(
            "free", "Drops what is cached of a path.", RestDescription.Free);
        MapLoading(app);
        MapInspecting(app);
        app.MapGet("/health/live", (Delegate)HealthEndpoints.Live).Describe("live", "The process answers.");
        app.MapGet("/health/ready", (Delegate)The<HealthEndpoints>(app).ReadyAsync).Describe("ready", "The node serves; 503 says why it does not.");
        app.MapGet(PrometheusScrape.Route, (Delegate)The<PrometheusScrape>(app).HandleAsync).Describe("metrics", "Metrics in Prometheus' text format.");
        app.MapPeerGateway();
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapGet("/", (Delegate)RestDescription.WriteRoutes).ExcludeFromDescription();
        return app;
    }

    private static void MapMounts(WebApplication app)
    {
        app.MapGet(MountsEndpoint.Route, (Delegate)The<MountsEndpoint>(app).Handle).Describe("getMounts", "The mount table.");
        app.MapPut(MountingEndpoints.Pattern, (Delegate)The<MountingEndpoints>(app).PutAsync).Describe(
            "addMount", "Mounts an under storage, which is asked first; it is stored, and there again after a restart.", RestDescription.AddMount)
            .Accepts<MountRequest>("application/json").Produces<MountBody>().Produces<MountBody>(StatusCodes.Status201Created)
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status403Forbidden, StatusCodes.Status409Conflict, StatusCodes.Status503ServiceUnavailable);
        app.MapDelete(MountingEndpoints.Pattern, (Delegate)The<MountingEndpoints>(app).DeleteAsync).Describe(
            "removeMount", "Removes a mount that was added; files that are open are read to their end.", RestDescription.RemoveMount)
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound);
    }

    private static void MapWrites(WebApplication app)
    {
        app.MapPut(FileEndpoint.Pattern, (Delegate)The<FileWriteEndpoint>(app).PutAsync).Describe(
            "putFile", "Creates or replaces a file from the body, of any length.", RestDescription.Put)
            .TakesBytes();
        app.MapDelete(FileEndpoint.Pattern, (Delegate)The<FileWriteEndpoint>(app).DeleteAsync).Describe(
            "deleteFile", "Deletes a file or an empty directory, or a directory with all it holds.", RestDescription.Delete)
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict).Produces(StatusCodes.Status204NoContent);
        app.MapPost(ChangeEndpoints.MakeDirectoryRoute, (Delegate)The<ChangeEndpoints>(app).MakeDirectoryAsync).Describe(
            "makeDirectory", "Creates a directory and those above it; one that exists is fine.", RestDescription.MakeDirectory)
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status409Conflict);
        app.MapPost(ChangeEndpoints.MoveRoute, (Delegate)The<ChangeEndpoints>(app).MoveAsync).Describe(
            "move", "Moves a file or a directory within one mount; a file at the target is replaced.", RestDescription.FromTo)
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict, StatusCodes.Status501NotImplemented);
        app.MapPost(ChangeEndpoints.CopyRoute, (Delegate)The<ChangeEndpoints>(app).CopyAsync).Describe(
            "copy", "Copies a file or a tree, also from mount to mount; files at the target are replaced.", RestDescription.Copy)
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict);
    }

    private static void MapLoading(WebApplication app)
    {
        app.MapPost(LoadEndpoint.Route, (Delegate)The<LoadEndpoint>(app).SubmitAsync).Describe(
            "load", "Begins to load a file, or everything below a directory, into the cache.", RestDescription.Load);
        app.MapGet(LoadEndpoint.Route, (Delegate)The<LoadEndpoint>(app).Get).Describe(
            "getLoad", "How far the load job of a path is; all jobs, the latest last, where no path is given.", RestDescription.Load);
        app.MapDelete(LoadEndpoint.Route, (Delegate)The<LoadEndpoint>(app).Stop).Describe(
            "stopLoad", "Stops the load job of a path; what is loaded stays.", RestDescription.Load);
    }

    private static void MapInspecting(WebApplication app)
    {
        app.MapGet(ExplainEndpoint.Route + "/{**path}", (Delegate)The<ExplainEndpoint>(app).HandleAsync).Describe(
            "explain", "Why a read of a path would be answered from where it would be.", RestDescription.Path);
        app.MapGet(TopEndpoint.Route, (Delegate)The<TopEndpoint>(app).HandleAsync).Describe(
            "top", "What is opened most, and what the node does, watched for some seconds.", RestDescription.Top);
        app.MapGet(NodeEndpoints.ConfigRoute, (Delegate)The<NodeEndpoints>(app).Config).Describe(
            "getConfig", "The configuration as it counts, secrets left out, each setting with its origin.");
        app.MapGet(NodeEndpoints.LogRoute, (Delegate)The<NodeEndpoints>(app).Log).Describe(
            "getLog", "The last lines of the node's own log.", RestDescription.Log);
        app.MapGet(SourceEndpoint.Route + "/{**path}", (Delegate)The<SourceEndpoint>(app).HandleAsync).Describe(
            "getSource", "Reads a file from its under storage, past the cache.", RestDescription.File)
            .GivesBytes();
    }

    /// <summary>The container stops the jobs, before whoever owns the engine ends it.</summary>
    private static LoadJobs NewLoadJobs(IServiceProvider services)
    {
        IPageStore store = services.GetRequiredService<IPageStore>();
        CacheFileSystem files = services.GetRequiredService<CacheFileSystem>();
        return new LoadJobs(
            files, () => files.HasOtherNodes ? Task.FromResult(StoreRoom.Unknown) : StoreRoom.OfAsync(store), services.GetRequiredService<CacheLimits>(),
            services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<LoadJobs>>());
    }

    private static T The<T>(WebApplication app) where T : notnull => app.Services.GetRequiredService<T>();
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Cache.Client.Membership;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// The REST dialect of Alluxio's workers, on the same port as the native interface and over the same engine, for all generations of its
/// Python client at once. docs/ALLUXIO.md says what is served and what is not.
/// </summary>
internal static class AlluxioGateway
{
    /// <summary>The parameter that holds a file's path beside its id.</summary>
    public const string PathParameter = "ufsFullPath";

    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Options that are among the services already count.</summary>
    public static IServiceCollection AddAlluxio(this IServiceCollection services)
    {
        services.TryAddSingleton<AlluxioOptions>();
        return services.AddSingleton<PathIds>()
            .AddSingleton(provider => new NeighbourIds(provider.GetRequiredService<PathIds>(), provider.GetService<ClusterMembership>()))
            .AddSingleton<AlluxioPaths>()
            .AddSingleton<RewriteGuard>()
            .AddSingleton<AlluxioReads>()
            .AddSingleton<AlluxioBrowsing>()
            .AddSingleton<AlluxioChanges>()
            .AddSingleton<AlluxioLoads>()
            .AddSingleton<AlluxioNode>();
    }

    /// <summary>What comes before routing.</summary>
    public static void UseAlluxio(this WebApplication app)
    {
        app.UseMiddleware<AlluxioErrors>();
        app.Use(app.Services.GetRequiredService<AlluxioReads>().ShortenAsync);
    }

    public static void MapAlluxio(this WebApplication app)
    {
        RouteGroupBuilder group = app.MapGroup("/v1").ExcludeFromDescription();
        var browsing = app.Services.GetRequiredService<AlluxioBrowsing>();
        group.MapMethods("/files", GetAndHead, (Delegate)browsing.ListAsync);
        group.MapMethods("/info", GetAndHead, (Delegate)browsing.InfoAsync);

        var node = app.Services.GetRequiredService<AlluxioNode>();
        group.MapGet("/node", (Delegate)AlluxioNode.AddressAsync);
        group.MapGet("/ufsInfo", (Delegate)node.UfsInfoAsync);
        group.MapMethods("/health", GetAndHead, (Delegate)node.HealthAsync);
        group.MapGet("/path/{id}", node.PathAsync);
        group.MapGet("/load", (Delegate)app.Services.GetRequiredService<AlluxioLoads>().HandleAsync);

        var changes = app.Services.GetRequiredService<AlluxioChanges>();
        group.MapPost("/chunk/{id}", changes.UploadAsync);
        group.MapPost("/file/{id}/page/{page}", AlluxioChanges.RefusePage);
        group.MapPost("/mkdir/{id}", changes.MakeDirectoryAsync);
        group.MapPost("/touch/{id}", changes.TouchAsync);
        group.MapPost("/mv/{id}", changes.MoveAsync);
        group.MapPost("/copy/{id}", changes.CopyAsync);
        group.MapPost("/rm/{id}", changes.RemoveAsync);
    }
}

using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>Whom to ask about a path.</summary>
internal sealed record NodeAddress(
    [property: JsonPropertyName("Host")] string Host,
    [property: JsonPropertyName("HttpServerPort")] int HttpServerPort);

/// <summary>Where the namespace shows an under storage. No credentials: clients read through us.</summary>
internal sealed record UfsInfo([property: JsonPropertyName("alluxio_path")] string AlluxioPath);

/// <summary>The path that an id stands for, for nodes that were asked for an id alone.</summary>
internal sealed record KnownPath(string Id, string UfsFullPath, string Path);

/// <summary>What the dialect tells of the node itself.</summary>
internal sealed class AlluxioNode(CacheFileSystem files, NodeHealth health, PathIds ids)
{
    /// <summary>
    /// The address that the client used: whatever stands between us, it leads here. Asked before every operation of newer clients, so
    /// it costs nothing: no path is looked at, since any node serves any path.
    /// </summary>
    public static Task AddressAsync(HttpContext context)
    {
        HostString host = context.Request.Host;
        var address = host.HasValue
            ? new NodeAddress(host.Host, host.Port ?? context.Connection.LocalPort)
            : new NodeAddress(context.Connection.LocalIpAddress?.ToString() ?? "localhost", context.Connection.LocalPort);
        return context.Response.WriteAsJsonAsync(address, RestJson.Options, context.RequestAborted);
    }

    /// <summary>By URL. Two mounts of one URL are one entry: the first path.</summary>
    public Task UfsInfoAsync(HttpContext context)
    {
        var mounts = new Dictionary<string, UfsInfo>(StringComparer.Ordinal);
        foreach (Mount mount in files.Mounts.Mounts)
            mounts.TryAdd(UfsNames.UrlOf(files.Mounts, mount.Path), new UfsInfo(mount.Path.Value));
        return context.Response.WriteAsJsonAsync(mounts, RestJson.Options, context.RequestAborted);
    }

    public Task HealthAsync(HttpContext context)
    {
        if (health.State != NodeState.Ready)
            throw new CacheException(CacheError.Unavailable, health.State == NodeState.Starting ? "The node is starting; wait for it." : "The node is draining; ask another one.");
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("worker is active", context.RequestAborted);
    }

    public Task PathAsync(HttpContext context, string id)
    {
        string text = ids.Find(PathId.Parse(id)) ?? throw new CacheException(CacheError.NotFound, $"No path with the id {id} is known here.");
        var known = new KnownPath(id, text, UfsNames.PathOf(files.Mounts, text).Value);
        return context.Response.WriteAsJsonAsync(known, RestJson.Options, context.RequestAborted);
    }
}

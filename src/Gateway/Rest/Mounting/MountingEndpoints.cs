using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Rest.Mounting;

/// <summary>What to mount; the path is the request's.</summary>
internal sealed record MountRequest(string Uri, IReadOnlyList<string>? Options = null);

/// <summary>The mount that was removed, and where that was asked for, what was freed of it.</summary>
internal sealed record RemovedMountBody(string Path, long? FreedFiles, long? FreedPages, long? FreedBytes);

/// <summary>
/// PUT and DELETE of mounts. Who may mount reads, with the rights of the node's user, whatever it names: so it is that user, on this machine, and nobody else
/// unless the node was started so.
/// </summary>
internal sealed class MountingEndpoints(StorePrices prices, IPageStore store, IMountChanges? changes = null)
{
    public const string Pattern = MountsEndpoint.Route + "/{**path}";

    public async Task PutAsync(HttpContext context)
    {
        await LeaveEventThread();
        IMountChanges mounts = Allowed(context);
        CachePath path = RequestTarget.PathOf(context, MountsEndpoint.Route);
        MountRequest wanted = await ReadAsync(context.Request).ConfigureAwait(false);
        (Mount mount, bool replaced) = await mounts.AddAsync(
            new NewMount(path, wanted.Uri, wanted.Options ?? []), QueryValues.Flag(context.Request.QueryString, "replace"), context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = replaced ? StatusCodes.Status200OK : StatusCodes.Status201Created;
        await context.Response.WriteAsJsonAsync(MountBody.Of(mount, prices, store), RestJson.Options, context.RequestAborted).ConfigureAwait(false);
    }

    public async Task<RemovedMountBody> DeleteAsync(HttpContext context)
    {
        await LeaveEventThread();
        IMountChanges mounts = Allowed(context);
        CachePath path = RequestTarget.PathOf(context, MountsEndpoint.Route);
        DroppedPages? freed = await mounts.RemoveAsync(path, QueryValues.Flag(context.Request.QueryString, "free"), context.RequestAborted).ConfigureAwait(false);
        return new(path.Value, freed?.Files, freed?.Pages, freed?.Bytes);
    }

    /// <summary>What follows looks at disks and into /proc; the events of other connections run on this thread (decision 0002).</summary>
    private static ConfiguredTaskAwaitable LeaveEventThread() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    private IMountChanges Allowed(HttpContext context)
    {
        if (changes is null)
            throw new CacheException(CacheError.NotSupported, "The mounts of this node cannot be changed while it runs.");
        // A page in a browser of the node's user is not that user; browsers say whose page it is.
        IHeaderDictionary headers = context.Request.Headers;
        bool isBrowser = headers.Origin.Count > 0;
        // Nor is whoever asks through a proxy that runs here.
        bool isPassedOn = headers.ContainsKey("Forwarded") || headers.ContainsKey("X-Forwarded-For") || headers.Via.Count > 0;
        if (!isBrowser && (changes.AreRemote || !isPassedOn && IsOwnUser(context.Connection)))
            return changes;
        throw new CacheException(
            CacheError.AccessDenied,
            "Mounts are added and removed by the user who runs the node, on its machine; start the node with --remote-mounts to let whoever reaches its port do it.");
    }

    private static bool IsOwnUser(ConnectionInfo connection) =>
        connection is { RemoteIpAddress: { } peer, LocalIpAddress: { } own }
        && LocalUser.Owns(new IPEndPoint(peer, connection.RemotePort), new IPEndPoint(own, connection.LocalPort));

    private static async ValueTask<MountRequest> ReadAsync(HttpRequest request)
    {
        const string Form = "{\"uri\":\"s3://bucket/prefix\",\"options\":[\"region=eu-central-1\",\"mode=immutable\"]}";
        if (!request.HasJsonContentType())
            throw new CacheException(CacheError.InvalidArgument, $"Nothing says what to mount; give a body of type application/json such as {Form}.");
        try
        {
            MountRequest? wanted = await request.ReadFromJsonAsync<MountRequest>(RestJson.Options, request.HttpContext.RequestAborted).ConfigureAwait(false);
            return wanted?.Uri is null ? throw new JsonException("It names no uri.") : wanted;
        }
        catch (JsonException e)
        {
            // What was sent is not repeated: it may hold what should have been a reference.
            throw new CacheException(CacheError.InvalidArgument, $"The body is not as {Form}.", e);
        }
    }
}

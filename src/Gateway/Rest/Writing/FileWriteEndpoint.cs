using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.Rest.Writing;

/// <summary>
/// PUT and DELETE of files. What can be refused is refused before the body is read: a client that expects 100-continue then
/// sends none of it.
/// </summary>
internal sealed class FileWriteEndpoint(CacheFileSystem files, StatusEndpoint statuses, RestLimits limits, TimeProvider time)
{
    public async Task<StatusBody> PutAsync(HttpContext context)
    {
        CachePath path = RequestTarget.PathOf(context, FileEndpoint.Route);
        WriteCondition condition = WriteHeaders.ConditionOf(context.Request.Headers);
        LiftBodyLimits(context);
        bool isNew = (await files.TryGetStatusAsync(path, context.RequestAborted).ConfigureAwait(false)).Status is null;
        var content = new UploadStream(context.Request.Body, limits.StallTimeout, time);
        await using (content.ConfigureAwait(false))
        {
            FileStatus written = await files.CreateAsync(path, content, condition, context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK;
            context.Response.Headers.ETag = FileHeaders.Of(written).ETag;
            return await statuses.DescribeAsync(written, TimeSpan.Zero, context.RequestAborted).ConfigureAwait(false);
        }
    }

    public async Task<IResult> DeleteAsync(HttpContext context)
    {
        CachePath path = RequestTarget.PathOf(context, FileEndpoint.Route);
        WriteHeaders.RefuseConditions(context.Request.Headers);
        bool recursive = QueryValues.Flag(context.Request.QueryString, "recursive");
        await files.DeleteAsync(path, recursive, context.RequestAborted).ConfigureAwait(false);
        return Results.NoContent();
    }

    /// <summary>Uploads have any length, and a producer may pause: how long, <see cref="UploadStream"/> says, since a rate over the whole upload cannot.</summary>
    internal static void LiftBodyLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }
}

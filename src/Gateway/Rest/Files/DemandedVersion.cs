using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// Reads that demand a version (If-Match) which is not the one that is believed. A client that reads through several nodes may have it from one that asked the source
/// later: it shall not be told by another that what it has just opened were gone.
/// </summary>
internal static class DemandedVersion
{
    /// <summary>Whether the request demands a version and the believed one is gone: it is forgotten then, and the request worth another attempt.</summary>
    /// <param name="files">Asks the source.</param>
    /// <param name="context">The request, before any of its answer is sent.</param>
    /// <param name="path">The file.</param>
    /// <param name="believed">What it would be answered from; null: that nothing is there.</param>
    /// <exception cref="CacheException">Unavailable: nobody knows now.</exception>
    public static async ValueTask<bool> DisprovesAsync(CacheFileSystem files, HttpContext context, CachePath path, FileStatus? believed) =>
        context.Request.Headers.IfMatch.Count > 0 && await files.DisproveAsync(path, believed, context.RequestAborted).ConfigureAwait(false);
}

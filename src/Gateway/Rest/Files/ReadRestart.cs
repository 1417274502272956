using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// Reads that start over, of all front-ends: an answer holds bytes of one version, and where the source has left that version before anything was sent, the file is opened once more.
/// </summary>
internal static class ReadRestart
{
    /// <summary>One restart: the engine has forgotten the old status by then; a file that changes again meanwhile is not at rest.</summary>
    private const int Attempts = 2;

    /// <summary>Whether a failure may be one of the version, and not of the file.</summary>
    /// <param name="failure">What ended the attempt.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="context">The request.</param>
    public static bool MayHelp(CacheException failure, int attempt, HttpContext context) =>
        failure.Error is CacheError.Changed or CacheError.NotFound && attempt < Attempts && !context.Response.HasStarted;

    /// <summary>Takes back what the attempt has said. False, and nothing is taken back: nothing is there, and nobody has reason to believe otherwise.</summary>
    /// <exception cref="CacheException">Unavailable: nobody knows now.</exception>
    public static async ValueTask<bool> BeginAsync(CacheFileSystem files, HttpContext context, CachePath path, CacheException failure)
    {
        if (failure.Error == CacheError.NotFound && !await DemandedVersion.DisprovesAsync(files, context, path, believed: null).ConfigureAwait(false))
            return false;
        context.Response.Clear();
        return true;
    }
}

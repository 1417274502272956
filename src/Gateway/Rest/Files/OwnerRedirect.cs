using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// Sends a client that asks for it to the node that owns what it is about to read, so that its bytes take no hop. Who was sent once
/// is served where it arrives: nodes whose rings differ for a moment must not send a client back and forth.
/// </summary>
internal sealed class OwnerRedirect(CacheFileSystem files, ClusterMembership? cluster)
{
    /// <summary>"Ocache-Redirect: 1": the client follows redirects.</summary>
    public const string Header = "Ocache-Redirect";

    /// <summary>In the query of where it is sent to: it has been sent.</summary>
    private const string Mark = "redirected";

    /// <summary>Fingerprint of the ring by which this node routes; null outside of a cluster.</summary>
    public string? Ring => cluster?.RingText;

    /// <summary>True where the answer is a redirect. Nobody is asked for it, so it may name the owner of a file that does not exist.</summary>
    public bool TryAnswer(HttpContext context, CachePath path)
    {
        HttpRequest request = context.Request;
        if (cluster is null || !request.Headers.TryGetValue(Header, out var wish) || wish != "1" || QueryValues.Flag(request.QueryString, Mark))
            return false;
        if (!files.Mounts.TryResolve(path, out MountedKey at) || cluster.AddressOfOther(at, FirstByte(request.Headers.Range) / CacheFile.StripeBytes) is not { } owner)
            return false;
        string query = request.QueryString.HasValue ? request.QueryString.ToUriComponent() + "&" : "?";
        context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        context.Response.Headers.Location =
            $"{owner.GetLeftPart(UriPartial.Authority)}{FileEndpoint.Route}{string.Join('/', path.Value.Split('/').Select(Uri.EscapeDataString))}{query}{Mark}=true";
        context.Response.ContentLength = 0;
        return true;
    }

    /// <summary>The first byte of the first range; 0 without one, and for the last bytes of a file, whose length is not known here.</summary>
    private static long FirstByte(string? range)
    {
        int equals = range?.IndexOf('=') ?? -1;
        int dash = range?.IndexOf('-') ?? -1;
        return dash > equals && long.TryParse(range.AsSpan(equals + 1, dash - equals - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long first) ? first : 0;
    }
}

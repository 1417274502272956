using System.Buffers;
using System.Collections;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.S3;
using Amazon.S3.Model;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>Where the objects of a bucket are, and for which region requests for them are signed.</summary>
internal sealed class S3Endpoint
{
    private static readonly SearchValues<char> PlainPath = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/");

    private readonly string _origin;
    private readonly string _base;

    private S3Endpoint(Uri uri, string region)
    {
        _origin = uri.GetLeftPart(UriPartial.Authority);
        _base = uri.AbsolutePath;
        Host = uri.IsDefaultPort ? uri.Host : $"{uri.Host}:{uri.Port}";
        Region = region;
    }

    /// <summary>Value of the Host header.</summary>
    public string Host { get; }

    public string Region { get; }

    /// <summary>
    /// As the SDK resolves it from options, profiles and variables. Null where requests need more than a signature of version 4 for s3 (S3 Express with its sessions, 4a of
    /// access points of several regions, object lambdas), and where the SDK cannot resolve it: what is wrong is then said where it is asked.
    /// </summary>
    public static S3Endpoint? Of(IAmazonS3 client, string bucket)
    {
        Endpoint endpoint;
        try
        {
            endpoint = client.DetermineServiceOperationEndpoint(new GetObjectRequest { BucketName = bucket, Key = "key" });
        }
        catch (Exception e) when (e is AmazonClientException or ArgumentException)
        {
            return null;
        }
        return RegionOf(endpoint) is { } region
            && Uri.TryCreate(endpoint.URL, UriKind.Absolute, out Uri? uri) && uri.Query.Length == 0 && !uri.AbsolutePath.AsSpan().ContainsAnyExcept(PlainPath)
                ? new S3Endpoint(uri, region)
                : null;
    }

    /// <summary>As it is sent and signed.</summary>
    public string PathOf(string name) => _base.EndsWith('/') ? _base + S3Signer.Encoded(name) : $"{_base}/{S3Signer.Encoded(name)}";

    /// <summary>Goes out character by character: "..", "//" and %XX mean nothing to S3, and what was signed must arrive.</summary>
    public Uri UriOf(string path, string query) =>
        new(query.Length == 0 ? _origin + path : $"{_origin}{path}?{query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>Null: requests for it are signed in another way, or need headers of its own.</summary>
    private static string? RegionOf(Endpoint endpoint) =>
        endpoint.Headers is not { Count: > 0 }
        && endpoint.Attributes?["authSchemes"] is IList { Count: 1 } schemes
        && schemes[0] is IPropertyBag scheme
        && (scheme["name"], scheme["signingName"], scheme["signingRegion"]) is ("sigv4", "s3", string { Length: > 0 } region)
            ? region
            : null;
}

using System.Buffers;
using System.Collections.Frozen;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>
/// Headers that a presigned URL has in its query: signers of some languages move x-amz-meta-..., x-amz-tagging, x-amz-acl and others there, and S3 takes them
/// as if they had been sent. Passed over they would be metadata dropped, or a copy that writes an empty object.
/// </summary>
internal static class PresignedHeaders
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>
    /// Those of the signature itself, and checksums of a body that whoever signed had not seen: AWS's JavaScript SDK writes that of no bytes, and S3 does not look at it.
    /// </summary>
    private static readonly FrozenSet<string> NoHeaders = new[]
    {
        SignatureQuery.Algorithm, SignatureQuery.Credential, SignatureQuery.Date, SignatureQuery.Expires, SignatureQuery.SignedHeaders, SignatureQuery.Signature,
        SignatureQuery.SecurityToken, S3Headers.ContentSha256, S3Headers.SdkChecksumAlgorithm,
    }.Concat(Checksum.Names.Select(name => S3Headers.Checksum + name)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>To be called once the signature, which the query is part of, is verified. What was sent as a header stays.</summary>
    /// <exception cref="S3Exception">InvalidRequest: a name that no header can have.</exception>
    public static void Apply(S3Request request)
    {
        if (!request.Query.Has(SignatureQuery.Signature))
            return;
        foreach ((string name, string value) in request.Query.Values)
        {
            if (!name.StartsWith(S3Headers.Amz, StringComparison.OrdinalIgnoreCase) || NoHeaders.Contains(name))
                continue;
            if (name.AsSpan().ContainsAnyExcept(NameCharacters))
                throw S3Error.InvalidRequest($"The query parameter '{name}' stands for a header, and no header can have its name.").Thrown();
            request.Headers.TryAdd(name, value);
        }
    }
}

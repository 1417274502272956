using Microsoft.Net.Http.Headers;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>The object that x-amz-copy-source names: [/]bucket/key[?versionId=null], percent-encoded.</summary>
internal sealed class CopySource(CacheFileSystem files, RecordStore records, BucketTable buckets)
{
    /// <exception cref="S3Exception">InvalidArgument, AccessDenied, NoSuchKey, NoSuchBucket, PreconditionFailed.</exception>
    public async Task<FoundObject> FindAsync(S3Request request)
    {
        (string bucket, string key) = Parse(request.Header(S3Headers.CopySource)!);
        if (!request.Caller.MayRead(bucket, key))
            throw S3Error.AccessDenied("The access key may not read the object that is to be copied.").Thrown();
        BucketRoot root = buckets.RootOf(bucket);
        if (await FoundObject.TryFindAsync(files, records, ObjectKey.ToRead(root, key), request.Aborted, toChange: true).ConfigureAwait(false) is not { } found)
        {
            await buckets.RequireAsync(root, request.Aborted).ConfigureAwait(false);
            throw S3Error.NoSuchKey(key).Thrown();
        }
        RequireConditions(request, found.ToFileHeaders());
        return found;
    }

    /// <summary>Bucket and key of the header's value. Pure.</summary>
    internal static (string Bucket, string Key) Parse(string header)
    {
        string text = header.StartsWith('/') ? header[1..] : header;
        int version = text.IndexOf("?versionId=", StringComparison.Ordinal);
        if (version >= 0 && text[(version + "?versionId=".Length)..] is not "null")
            throw S3Error.InvalidArgument("Objects have one version, 'null'; leave versionId out of x-amz-copy-source.").Thrown();
        string decoded = S3Target.Decode(version < 0 ? text : text[..version]);
        int slash = decoded.IndexOf('/');
        return slash > 0 && slash < decoded.Length - 1
            ? (decoded[..slash], decoded[(slash + 1)..])
            : throw S3Error.InvalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey").Thrown();
    }

    /// <summary>As for a read, but whoever has the version already is refused too: there is nothing to copy.</summary>
    private static void RequireConditions(S3Request request, FileHeaders source)
    {
        var conditions = new RequestConditions
        {
            IfMatch = WriteConditions.Quoted(request.Header("x-amz-copy-source-if-match")),
            IfNoneMatch = WriteConditions.Quoted(request.Header("x-amz-copy-source-if-none-match")),
            IfModifiedSince = DateOf(request, "x-amz-copy-source-if-modified-since"),
            IfUnmodifiedSince = DateOf(request, "x-amz-copy-source-if-unmodified-since"),
        };
        if (conditions.Evaluate(source) != Precondition.Proceed)
            throw S3Error.PreconditionFailed("x-amz-copy-source-if-...").Thrown();
    }

    /// <summary>HTTP's own form, or seconds as ISO 8601 writes them, which some clients send.</summary>
    private static string? DateOf(S3Request request, string name)
    {
        if (request.Header(name) is not { } text || HeaderUtilities.TryParseDate(text, out _))
            return request.Header(name);
        return DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
            ? date.ToString("R", System.Globalization.CultureInfo.InvariantCulture)
            : throw S3Error.InvalidArgument($"{name} '{text}' is not a date.").Thrown();
    }
}

using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Tagging;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>What a request says of the object that it writes, and what an answer says of one. What cannot be kept is refused, never dropped.</summary>
internal static class ObjectHeaders
{
    public const string OverridePrefix = "response-";

    private static readonly (string Query, string Header)[] Overrides = [.. UfsAttributes.HeaderNames.Select(name => (OverridePrefix + name.ToLowerInvariant(), name))];

    /// <summary>What asks for something that is not done here.</summary>
    private static readonly string[] Refused =
    [
        "x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-algorithm", "x-amz-copy-source-server-side-encryption-customer-algorithm",
        "x-amz-website-redirect-location", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold",
        "x-amz-grant-read", "x-amz-grant-write", "x-amz-grant-read-acp", "x-amz-grant-write-acp", "x-amz-grant-full-control", "x-amz-write-offset-bytes",
    ];

    private static readonly string[] PrivateAcls = ["private", "bucket-owner-full-control", "bucket-owner-read"];

    /// <summary>The record that a PUT, a copy that replaces, or the beginning of an upload asks for.</summary>
    /// <exception cref="S3Exception">Something cannot be kept.</exception>
    public static ObjectRecord Read(S3Request request)
    {
        RefuseWhatCannotBe(request);
        return new ObjectRecord
        {
            ContentType = request.Header("Content-Type") is { Length: > 0 } type && type != ObjectRecord.DefaultContentType ? type : null,
            ContentHeaders = ReadKept(request),
            User = ReadUser(request),
            Tags = request.Header(S3Headers.Tagging) is { } tags ? TagSet.OfHeader(tags) : null,
        };
    }

    /// <exception cref="S3Exception">NotImplemented, InvalidStorageClass, AccessControlListNotSupported, AccessDenied.</exception>
    public static void RefuseWhatCannotBe(S3Request request)
    {
        foreach (string name in Refused)
        {
            if (request.Headers.ContainsKey(name))
                throw S3Error.NotImplemented(name).Thrown();
        }
        if (request.Header("x-amz-storage-class") is { } storage and not "STANDARD")
            throw new S3Error(400, "InvalidStorageClass", $"The storage class '{storage}' is none of this node's; leave it out or write STANDARD.").Thrown();
        if (request.Header("x-amz-acl") is { } acl && !PrivateAcls.Contains(acl))
            throw new S3Error(400, "AccessControlListNotSupported", "Objects have no ACLs; a bucket is made public by --s3-bucket NAME=PATH,public.").Thrown();
    }

    /// <summary>Sends what the record says, with what a reader overrides of it (response-content-type ...).</summary>
    public static void Write(HttpResponse response, ObjectRecord record, S3Query query)
    {
        IHeaderDictionary headers = response.Headers;
        headers.ContentType = ToHeader(record.ContentType ?? ObjectRecord.DefaultContentType);
        if (record.ContentHeaders is { } kept)
        {
            foreach ((string name, string value) in kept)
                headers[name] = ToHeader(value);
        }
        if (record.User is { } user)
        {
            foreach ((string name, string value) in user)
                headers[S3Headers.Metadata + name] = ToHeader(value);
        }
        if (record.Tags is { Count: > 0 and var tags })
            headers[S3Headers.TaggingCount] = tags.ToString(CultureInfo.InvariantCulture);
        if (record.Parts is { Count: > 0 and var parts } && query.Has("partNumber"))
            headers[S3Headers.PartsCount] = parts.ToString(CultureInfo.InvariantCulture);
        if (query.HasPrefixed(OverridePrefix))
            Override(headers, query);
    }

    private static void Override(IHeaderDictionary headers, S3Query query)
    {
        if (query.Get("response-content-type") is { } type)
            headers.ContentType = ToHeader(type);
        foreach ((string asked, string name) in Overrides)
        {
            if (query.Get(asked) is { } value)
                headers[name] = ToHeader(value);
        }
    }

    private static Dictionary<string, string>? ReadKept(S3Request request)
    {
        Dictionary<string, string>? kept = null;
        foreach (string name in UfsAttributes.HeaderNames)
        {
            if (request.Header(name) is not { Length: > 0 } value)
                continue;
            // The framing of the body, which is taken off, is no part of the object.
            if (name == "Content-Encoding")
                value = string.Join(',', value.Split(',', StringSplitOptions.TrimEntries).Where(e => e != "aws-chunked"));
            if (value.Length > 0)
                (kept ??= [])[name] = value;
        }
        return kept;
    }

    private static Dictionary<string, string>? ReadUser(S3Request request)
    {
        Dictionary<string, string>? user = null;
        int bytes = 0;
        foreach ((string name, StringValues value) in request.Headers)
        {
            if (!name.StartsWith(S3Headers.Metadata, StringComparison.OrdinalIgnoreCase))
                continue;
            string key = name[S3Headers.Metadata.Length..].ToLowerInvariant();
            string text = value.ToString();
            bytes += key.Length + Encoding.UTF8.GetByteCount(text);
            (user ??= [])[key] = text;
        }
        return bytes <= S3Limits.MaxUserMetadataBytes
            ? user
            : throw new S3Error(400, "MetadataTooLarge", $"User metadata may have {S3Limits.MaxUserMetadataBytes} bytes, names and values together.").Thrown();
    }

    /// <summary>Answers' headers are ASCII. Others are sent as RFC 2047 writes them, which is what S3 does.</summary>
    private static string ToHeader(string value)
    {
        foreach (char c in value)
        {
            if (c is < ' ' or > '~')
                return $"=?UTF-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}?=";
        }
        return value;
    }
}

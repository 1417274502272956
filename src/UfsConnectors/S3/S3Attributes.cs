using Amazon.S3.Model;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>What stands beside an object's bytes, as S3's headers carry it.</summary>
internal static class S3Attributes
{
    /// <summary>What S3 says of an object of which nobody said what it is. Sent too: the SDK would make something of the name's ending.</summary>
    private const string DefaultContentType = "binary/octet-stream";

    private const string UserPrefix = "x-amz-meta-";

    public static void Set(UfsAttributes? attributes, HeadersCollection headers, MetadataCollection user)
    {
        headers.ContentType = attributes?.ContentType ?? DefaultContentType;
        if (attributes is null)
            return;
        foreach ((string name, string value) in attributes.Headers)
            headers[name] = value;
        foreach ((string name, string value) in attributes.User)
            user[name] = value;
    }

    public static UfsAttributes Of(GetObjectMetadataResponse answer) => Of(answer.Headers, answer.ExpiresString, answer.Metadata);

    public static UfsAttributes Of(GetObjectResponse answer) => Of(answer.Headers, answer.ExpiresString, answer.Metadata);

    private static UfsAttributes Of(HeadersCollection given, string? expires, MetadataCollection metadata)
    {
        Dictionary<string, string>? headers = null, user = null;
        foreach (string name in UfsAttributes.HeaderNames)
        {
            if ((name == "Expires" ? expires : given[name]) is { Length: > 0 } value && WithoutFraming(name, value) is { Length: > 0 } kept)
                (headers ??= [])[name] = kept;
        }
        foreach (string name in metadata.Keys)
        {
            string shortName = name.StartsWith(UserPrefix, StringComparison.OrdinalIgnoreCase) ? name[UserPrefix.Length..] : name;
            (user ??= [])[shortName.ToLowerInvariant()] = metadata[name];
        }
        string? type = given.ContentType is { Length: > 0 } said && said != DefaultContentType ? said : null;
        return headers is null && user is null && type is null
            ? UfsAttributes.None
            : new UfsAttributes { ContentType = type, Headers = headers ?? UfsAttributes.None.Headers, User = user ?? UfsAttributes.None.User };
    }

    /// <summary>Some stores keep the framing of a body as if it belonged to the object.</summary>
    private static string WithoutFraming(string name, string value) =>
        name == "Content-Encoding" ? string.Join(',', value.Split(',', StringSplitOptions.TrimEntries).Where(e => e != "aws-chunked")) : value;
}

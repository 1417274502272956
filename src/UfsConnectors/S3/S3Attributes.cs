using System.Net.Http.Headers;
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

    /// <summary>The same without the SDK.</summary>
    public static void Set(UfsAttributes? attributes, S3Request request)
    {
        request.Add("content-type", attributes?.ContentType ?? DefaultContentType);
        if (attributes is null)
            return;
        foreach ((string name, string value) in attributes.Headers)
            request.Add(name.ToLowerInvariant(), value);
        foreach ((string name, string value) in attributes.User)
            request.Add(UserPrefix + name.ToLowerInvariant(), value);
    }

    public static UfsAttributes Of(GetObjectMetadataResponse answer) => Of(answer.Headers, answer.ExpiresString, answer.Metadata);

    public static UfsAttributes Of(GetObjectResponse answer) => Of(answer.Headers, answer.ExpiresString, answer.Metadata);

    private static UfsAttributes Of(HeadersCollection given, string? expires, MetadataCollection metadata)
    {
        Dictionary<string, string>? headers = null, user = null;
        foreach (string name in UfsAttributes.HeaderNames)
            Keep(ref headers, name, name == "Expires" ? expires : given[name]);
        foreach (string name in metadata.Keys)
            KeepUser(ref user, name, metadata[name]);
        return Of(given.ContentType, headers, user);
    }

    /// <summary>The same without the SDK, of any answer that an object's headers are in.</summary>
    public static UfsAttributes Of(HttpResponseMessage answer)
    {
        Dictionary<string, string>? headers = null, user = null;
        foreach (string name in UfsAttributes.HeaderNames)
            Keep(ref headers, name, S3Answer.Header(answer.Content.Headers, name) ?? S3Answer.Header(answer.Headers, name));
        foreach ((string name, HeaderStringValues value) in answer.Headers.NonValidated)
        {
            if (name.StartsWith(UserPrefix, StringComparison.OrdinalIgnoreCase))
                KeepUser(ref user, name, value.ToString());
        }
        return Of(S3Answer.Header(answer.Content.Headers, "Content-Type"), headers, user);
    }

    private static void Keep(ref Dictionary<string, string>? headers, string name, string? value)
    {
        if (value is { Length: > 0 } && WithoutFraming(name, value) is { Length: > 0 } kept)
            (headers ??= [])[name] = kept;
    }

    private static void KeepUser(ref Dictionary<string, string>? user, string name, string value)
    {
        string shortName = name.StartsWith(UserPrefix, StringComparison.OrdinalIgnoreCase) ? name[UserPrefix.Length..] : name;
        (user ??= [])[shortName.ToLowerInvariant()] = value;
    }

    private static UfsAttributes Of(string? contentType, Dictionary<string, string>? headers, Dictionary<string, string>? user)
    {
        string? type = contentType is { Length: > 0 } said && said != DefaultContentType ? said : null;
        return headers is null && user is null && type is null
            ? UfsAttributes.None
            : new UfsAttributes { ContentType = type, Headers = headers ?? UfsAttributes.None.Headers, User = user ?? UfsAttributes.None.User };
    }

    /// <summary>Some stores keep the framing of a body as if it belonged to the object.</summary>
    private static string WithoutFraming(string name, string value) =>
        name == "Content-Encoding" ? string.Join(',', value.Split(',', StringSplitOptions.TrimEntries).Where(e => e != "aws-chunked")) : value;
}

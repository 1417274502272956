using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.Rest.Writing;

/// <summary>The request headers that decide about a write. What we cannot honour is refused: a condition that is ignored loses somebody's data.</summary>
internal static class WriteHeaders
{
    /// <exception cref="CacheException">InvalidArgument: a condition that a write cannot have. ConditionFailed: one that never holds.</exception>
    /// <exception cref="BadHttpRequestException">415: the body is encoded.</exception>
    public static WriteCondition ConditionOf(IHeaderDictionary headers)
    {
        Refuse(headers.ContentRange, "Content-Range", "a file is written whole; leave it out");
        Refuse(headers.IfUnmodifiedSince, "If-Unmodified-Since", "dates are too coarse for a write; send If-Match with the ETag");
        if (!StringValues.IsNullOrEmpty(headers.ContentEncoding) && headers.ContentEncoding != "identity")
            throw new BadHttpRequestException("The body is encoded; send it without Content-Encoding.", StatusCodes.Status415UnsupportedMediaType);

        string? ifMatch = headers.IfMatch, ifNoneMatch = headers.IfNoneMatch;
        if (ifNoneMatch is not null && (ifMatch is not null || ifNoneMatch.AsSpan().Trim() is not "*"))
            throw new CacheException(CacheError.InvalidArgument, "A write takes If-None-Match: * (only where nothing is there) or If-Match, not both.");
        if (ifNoneMatch is not null)
            return WriteCondition.IfAbsent;
        if (ifMatch is null)
            return WriteCondition.None;
        if (ifMatch.AsSpan().Trim() is "*")
            return WriteCondition.IfPresent;
        return EntityTags.TryOne(ifMatch, out string token)
            ? WriteCondition.IfVersion(new FileVersion(token))
            : throw new CacheException(CacheError.InvalidArgument, "If-Match of a write is '*' or one strong entity tag in quotes.");
    }

    /// <summary>For requests whose effect cannot depend on a version.</summary>
    public static void RefuseConditions(IHeaderDictionary headers)
    {
        Refuse(headers.IfMatch, "If-Match", "this request takes no conditions; leave it out");
        Refuse(headers.IfNoneMatch, "If-None-Match", "this request takes no conditions; leave it out");
        Refuse(headers.IfUnmodifiedSince, "If-Unmodified-Since", "this request takes no conditions; leave it out");
    }

    private static void Refuse(StringValues header, string name, string remedy)
    {
        if (header.Count > 0)
            throw new CacheException(CacheError.InvalidArgument, $"{name} is not supported here: {remedy}.");
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>What the conditions of a request mean for the current version.</summary>
internal enum Precondition
{
    Proceed,

    /// <summary>The client has it already: 304.</summary>
    NotModified,

    /// <summary>The client wanted another version: 412.</summary>
    Failed,
}

/// <summary>The request headers that decide about a file's answer. Null: the header is not there.</summary>
internal readonly record struct RequestConditions
{
    public string? IfMatch { get; init; }

    public string? IfNoneMatch { get; init; }

    public string? IfModifiedSince { get; init; }

    public string? IfUnmodifiedSince { get; init; }

    public string? IfRange { get; init; }

    public string? Range { get; init; }

    /// <summary>
    /// Whether a GET is going to be answered with the beginning of the file, as far as can be said before anything is known of it. Not of a client that has a version and asks whether
    /// it is still there; nor of a range that is shorter than a page or lies elsewhere: it shall cost what it reads.
    /// </summary>
    public bool WantFirstPage(int pageSize) => IfNoneMatch is null && IfModifiedSince is null && (Range is null || RangeRequest.BeginsWith(Range, pageSize));

    public static RequestConditions Of(IHeaderDictionary headers) => new()
    {
        IfMatch = headers.IfMatch,
        IfNoneMatch = headers.IfNoneMatch,
        IfModifiedSince = headers.IfModifiedSince,
        IfUnmodifiedSince = headers.IfUnmodifiedSince,
        IfRange = headers.IfRange,
        Range = headers.Range,
    };

    /// <summary>RFC 9110, section 13.2.2, steps 1 to 4. A date that is none is ignored, as the RFC says.</summary>
    public Precondition Evaluate(FileHeaders file)
    {
        if (IfMatch is not null)
        {
            if (!EntityTags.Names(IfMatch, file.ETag, weakly: false))
                return Precondition.Failed;
        }
        else if (IfUnmodifiedSince is not null && HeaderUtilities.TryParseDate(IfUnmodifiedSince, out DateTimeOffset unmodified) && file.LastModified > unmodified)
        {
            return Precondition.Failed;
        }

        if (IfNoneMatch is not null)
            return EntityTags.Names(IfNoneMatch, file.ETag, weakly: true) ? Precondition.NotModified : Precondition.Proceed;
        return IfModifiedSince is not null && HeaderUtilities.TryParseDate(IfModifiedSince, out DateTimeOffset modified) && file.LastModified <= modified
            ? Precondition.NotModified
            : Precondition.Proceed;
    }

    /// <summary>
    /// Step 5: whether the Range header counts. A date in If-Range never does: files change more than once a second, so a date
    /// is no strong validator, and a client that got our ETag must send that instead. The answer is then the whole file, which
    /// is never wrong.
    /// </summary>
    public bool RangeCounts(FileHeaders file) =>
        Range is not null && (IfRange is null || (IfRange.AsSpan().Trim() is not "*" && EntityTags.Names(IfRange, file.ETag, weakly: false)));
}

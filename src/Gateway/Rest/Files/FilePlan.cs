using Microsoft.AspNetCore.Http;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// The answer to a GET or HEAD of a file, decided before a byte is read: a pure function of what the file is and what the
/// request says. Any transport can carry it out: status, headers, then the ranges in order.
/// </summary>
/// <param name="Status">200, 206, 304, 412 or 416.</param>
/// <param name="ContentLength">Bytes of the body that a GET has; 0 for 304. A refusal's body is the transport's.</param>
/// <param name="Range">What to send for 200 and for 206 with one range.</param>
/// <param name="Parts">What to send for 206 with several.</param>
/// <param name="Refusal">Why, for 412 and 416.</param>
internal readonly record struct FilePlan(int Status, long ContentLength, ByteRange Range, MultipartRanges? Parts, string? Refusal)
{
    public static FilePlan For(FileHeaders file, in RequestConditions conditions, bool isHead, int maxRanges)
    {
        switch (conditions.Evaluate(file))
        {
            case Precondition.NotModified:
                return new(StatusCodes.Status304NotModified, 0, default, null, null);
            case Precondition.Failed:
                return new(StatusCodes.Status412PreconditionFailed, 0, default, null,
                    $"The file is now version {file.ETag}, last modified {file.LastModifiedText}, which the request's conditions exclude; ask for its status again.");
        }
        // RFC 9110, section 14.2: a range means something for GET only, so HEAD describes the whole file.
        if (isHead || !conditions.RangeCounts(file))
            return Whole(file);
        RangeRequest range = RangeRequest.Parse(conditions.Range, file.Length, maxRanges);
        if (range.Refusal is not null)
            return new(StatusCodes.Status416RangeNotSatisfiable, 0, default, null, range.Refusal);
        if (range.Single is { } single)
            return new(StatusCodes.Status206PartialContent, single.Length, single, null, null);
        if (range.Several is null)
            return Whole(file);
        var parts = new MultipartRanges(file, range.Several);
        return new(StatusCodes.Status206PartialContent, parts.ContentLength, default, parts, null);
    }

    /// <summary>Value of Content-Range, or null where the answer has none.</summary>
    public string? ContentRange(FileHeaders file) => Status switch
    {
        StatusCodes.Status206PartialContent when Parts is null => Range.ContentRange(file.Length),
        StatusCodes.Status416RangeNotSatisfiable => ByteRange.Unsatisfied(file.Length),
        _ => null,
    };

    private static FilePlan Whole(FileHeaders file) => new(StatusCodes.Status200OK, file.Length, new ByteRange(0, file.Length), null, null);
}

using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Errors;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>Which bytes of an object a GET or HEAD gives. Pure.</summary>
/// <param name="Range">The bytes.</param>
/// <param name="IsPart">206 instead of 200.</param>
internal readonly record struct ReadPlan(ByteRange Range, bool IsPart)
{
    /// <summary>One range at a time, as S3 has it: a header of several, or one that is malformed, is as if it were not there.</summary>
    /// <param name="range">The Range header; null: there is none.</param>
    /// <param name="partNumber">Part that is asked for; null: none.</param>
    /// <param name="length">Bytes of the object.</param>
    /// <param name="parts">Lengths of its parts, where it was uploaded in parts.</param>
    /// <exception cref="S3Exception">InvalidRange, InvalidPartNumber, InvalidRequest.</exception>
    public static ReadPlan For(string? range, int? partNumber, long length, IReadOnlyList<long>? parts)
    {
        if (partNumber is { } part)
            return range is null ? OfPart(part, length, parts) : throw S3Error.InvalidRequest("Cannot specify both Range header and partNumber query parameter").Thrown();
        if (range is null)
            return Whole(length);
        RangeRequest asked = RangeRequest.Parse(range, length, maxRanges: 1);
        if (asked.Single is { } single)
            return new(single, IsPart: true);
        return asked.IsBeyond && !range.Contains(',') ? throw Beyond(length) : Whole(length);
    }

    private static ReadPlan Whole(long length) => new(new ByteRange(0, length), IsPart: false);

    private static ReadPlan OfPart(int part, long length, IReadOnlyList<long>? parts)
    {
        if (part > (parts?.Count ?? 1))
            throw new S3Error(416, "InvalidPartNumber", "The requested partnumber is not satisfiable") { Details = [new("PartNumberRequested", $"{part}"), new("ActualPartCount", $"{parts?.Count ?? 1}")] }.Thrown();
        if (parts is null)
            return length == 0 ? Whole(0) : new(new ByteRange(0, length), IsPart: true);
        return new(new ByteRange(parts.Take(part - 1).Sum(), parts[part - 1]), IsPart: true);
    }

    private static S3Exception Beyond(long length) => (S3Error.InvalidRange("The requested range is not satisfiable") with { Details = [new("ActualObjectSize", $"{length}")] }).Thrown();
}

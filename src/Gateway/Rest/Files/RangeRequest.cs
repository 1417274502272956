using System.Globalization;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// A Range header (RFC 9110, section 14) against a length. Pure. Exactly one of these holds:
/// Ignored (no header, or a unit that is not bytes); Single; Several; or Refusal says why nothing can be given, and IsBeyond that only the numbers are not this file's.
/// </summary>
/// <remarks>
/// What the RFC leaves open is settled so that nobody gets 100 GB who asked for a range: a malformed "bytes" header, more
/// ranges than allowed, and ranges that together exceed the file (overlapping abuse) are refused, not ignored.
/// </remarks>
internal readonly record struct RangeRequest(ByteRange? Single, ByteRange[]? Several, string? Refusal, bool IsBeyond = false)
{
    private const string Unit = "bytes";

    public bool IsIgnored => Single is null && Several is null && Refusal is null;

    public static RangeRequest Parse(ReadOnlySpan<char> header, long length, int maxRanges)
    {
        ReadOnlySpan<char> rest = header.Trim();
        int equals = rest.IndexOf('=');
        if (equals < 0 || !rest[..equals].TrimEnd().Equals(Unit, StringComparison.OrdinalIgnoreCase))
            return default;
        rest = rest[(equals + 1)..];
        return rest.Contains(',') ? ParseSeveral(rest, length, maxRanges) : ParseOne(rest.Trim(), length);
    }

    /// <summary>Whether the answer to a header is one range, or all, from the first byte on, and not shorter than <paramref name="bytes"/> unless the file is.</summary>
    public static bool BeginsWith(ReadOnlySpan<char> header, int bytes)
    {
        RangeRequest ofAnyLength = Parse(header, long.MaxValue, maxRanges: 1);
        return ofAnyLength.IsIgnored || (ofAnyLength.Single is { Start: 0 } range && range.Length >= bytes);
    }

    private static RangeRequest ParseOne(ReadOnlySpan<char> spec, long length) => Resolve(spec, length, out ByteRange range) switch
    {
        Outcome.Satisfiable => new(range, null, null),
        Outcome.Unsatisfiable => RefuseBeyond(spec, length),
        _ => Refuse(Malformed(spec)),
    };

    private static RangeRequest ParseSeveral(ReadOnlySpan<char> specs, long length, int maxRanges)
    {
        var ranges = new List<ByteRange>(4);
        int asked = 0;
        long bytes = 0;
        foreach (Range part in specs.Split(','))
        {
            ReadOnlySpan<char> spec = specs[part].Trim();
            if (spec.IsEmpty)
                continue; // RFC 9110, section 5.6.1: empty list elements are ignored.
            if (++asked > maxRanges)
                return Refuse($"More than {maxRanges} ranges are asked for at once; ask in several requests.");
            Outcome outcome = Resolve(spec, length, out ByteRange range);
            if (outcome == Outcome.Malformed)
                return Refuse(Malformed(spec));
            if (outcome == Outcome.Unsatisfiable)
                continue;
            ranges.Add(range);
            bytes += range.Length; // At most maxRanges x the length of a file: far below 2^63.
        }
        if (asked == 0)
            return Refuse(Malformed(specs));
        if (ranges.Count == 0)
            return RefuseBeyond(specs, length);
        if (bytes > length)
            return Refuse($"The ranges overlap and ask for {bytes} bytes of a file of {length}; ask for each byte once.");
        return ranges.Count == 1 ? new(ranges[0], null, null) : new(null, [.. ranges], null);
    }

    /// <summary>One of "a-b", "a-" and "-n".</summary>
    private static Outcome Resolve(ReadOnlySpan<char> spec, long length, out ByteRange range)
    {
        range = default;
        int dash = spec.IndexOf('-');
        if (dash < 0)
            return Outcome.Malformed;
        ReadOnlySpan<char> first = spec[..dash], last = spec[(dash + 1)..];
        if (first.IsEmpty)
            return TryNumber(last, out long suffix) ? Suffix(suffix, length, out range) : Outcome.Malformed;
        long end = long.MaxValue;
        if (!TryNumber(first, out long start) || (!last.IsEmpty && !TryNumber(last, out end)) || end < start)
            return Outcome.Malformed;
        if (start >= length)
            return Outcome.Unsatisfiable;
        range = new ByteRange(start, Math.Min(end, length - 1) - start + 1);
        return Outcome.Satisfiable;
    }

    private static Outcome Suffix(long suffix, long length, out ByteRange range)
    {
        long take = Math.Min(suffix, length);
        range = new ByteRange(length - take, take);
        return take > 0 ? Outcome.Satisfiable : Outcome.Unsatisfiable;
    }

    /// <summary>Digits only; a number too large for 63 bits is beyond every file, so it counts as the largest.</summary>
    private static bool TryNumber(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            return false;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
            value = long.MaxValue;
        return true;
    }

    private static RangeRequest Refuse(string why) => new(null, null, why);

    private static string Malformed(ReadOnlySpan<char> spec) => $"'{spec}' is not a byte range; write bytes=first-last, bytes=first- or bytes=-count.";

    private static RangeRequest RefuseBeyond(ReadOnlySpan<char> spec, long length) =>
        new(null, null, $"'{spec}' holds no byte of a file of {length} bytes; ask within its length.", IsBeyond: true);

    private enum Outcome
    {
        Malformed,
        Unsatisfiable,
        Satisfiable,
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Xml.Linq;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>The parts that a completion names, and what an object made of them is called. Pure.</summary>
internal static class PartList
{
    /// <summary>A part as a completion names it.</summary>
    public readonly record struct Named(int Number, string ETag, StoredChecksum? Checksum);

    /// <exception cref="S3Exception">MalformedXML, InvalidPartOrder.</exception>
    public static List<Named> Read(XElement document)
    {
        var parts = new List<Named>();
        foreach (XElement part in document.All("Part"))
        {
            if (!int.TryParse(part.Text("PartNumber"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > S3Limits.MaxParts || part.Text("ETag") is not { } tag)
                throw S3Error.MalformedXml("A Part has no PartNumber or no ETag.").Thrown();
            if (parts.Count > 0 && number <= parts[^1].Number)
                throw new S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.").Thrown();
            parts.Add(new(number, tag.Trim().Trim('"'), ChecksumOf(part)));
        }
        return parts.Count is > 0 and <= S3Limits.MaxParts ? parts : throw S3Error.MalformedXml($"You must specify 1 to {S3Limits.MaxParts} parts.").Thrown();
    }

    /// <summary>Compares what is named with what is there.</summary>
    /// <exception cref="S3Exception">InvalidPart, EntityTooSmall.</exception>
    public static void Require(in Named named, PartRecord? there, bool isLast)
    {
        if (there is null || there.Md5 != named.ETag || (named.Checksum is { } sum && there.Checksum is { } its && sum.Algorithm == its.Algorithm && sum.Value != its.Value))
        {
            throw new S3Error(400, "InvalidPart", "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.")
            {
                Details = [new("PartNumber", $"{named.Number}"), new("ETag", named.ETag)],
            }.Thrown();
        }
        if (!isLast && there.Length < S3Limits.MinPartBytes)
        {
            throw new S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
            {
                Details = [new("PartNumber", $"{named.Number}"), new("ProposedSize", $"{there.Length}"), new("MinSizeAllowed", $"{S3Limits.MinPartBytes}")],
            }.Thrown();
        }
    }

    /// <summary>MD5 of the parts' MD5s, a dash, and their number.</summary>
    public static string ETagOf(IReadOnlyList<PartRecord> parts)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (PartRecord part in parts)
            md5.AppendData(Convert.FromHexString(part.Md5));
        return string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(md5.GetHashAndReset())}-{parts.Count}");
    }

    /// <summary>The checksum of the parts' checksums; null where not every part has one.</summary>
    public static StoredChecksum? CompositeOf(IReadOnlyList<PartRecord> parts, string algorithm)
    {
        using Checksum sum = Checksum.Create(algorithm)!;
        foreach (PartRecord part in parts)
        {
            if (part.Checksum?.Algorithm != algorithm)
                return null;
            sum.Append(Convert.FromBase64String(part.Checksum.Value));
        }
        return new StoredChecksum(algorithm, string.Create(CultureInfo.InvariantCulture, $"{sum.ToBase64()}-{parts.Count}"), IsComposite: true);
    }

    /// <summary>The checksum of all bytes, of checksums that can be joined; null where these cannot, or not every part has one.</summary>
    public static StoredChecksum? CombinedOf(IReadOnlyList<PartRecord> parts, string algorithm)
    {
        if (JoinedCrc.Of(algorithm) is not { } joined)
            return null;
        foreach (PartRecord part in parts)
        {
            if (part.Checksum?.Algorithm != algorithm)
                return null;
            joined.Append(Convert.FromBase64String(part.Checksum.Value), part.Length);
        }
        return new StoredChecksum(algorithm, joined.ToBase64());
    }

    private static StoredChecksum? ChecksumOf(XElement part) => Checksum.Names
        .Select(name => part.Text(StoredChecksum.ElementOf(name)) is { } value ? new StoredChecksum(name, value) : null)
        .FirstOrDefault(sum => sum is not null);
}

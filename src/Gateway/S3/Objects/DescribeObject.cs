using System.Globalization;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>GetObjectAttributes, and the one ACL that every object and bucket has.</summary>
internal sealed class DescribeObject(CacheFileSystem files, RecordStore records, BucketTable buckets)
{
    private static readonly string[] Known = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

    public async Task AttributesAsync(S3Request request)
    {
        string[] wanted = request.Header("x-amz-object-attributes")?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (wanted.Length == 0 || wanted.Except(Known).Any())
            throw S3Error.InvalidArgument($"x-amz-object-attributes must name some of {string.Join(", ", Known)}.").Thrown();
        FoundObject found = await FindAsync(request).ConfigureAwait(false);
        request.Response.Headers.LastModified = found.ToFileHeaders().LastModifiedText;
        await XmlAnswer.WriteAsync(request.Context, "GetObjectAttributesResponse", xml =>
        {
            if (wanted.Contains("ETag"))
                xml.Text("ETag", found.ETag);
            if (wanted.Contains("Checksum") && found.Record.Checksum is { } sum)
                xml.Element("Checksum", sum.Write);
            if (wanted.Contains("ObjectParts") && found.Record.Parts is { } parts)
                xml.Element("ObjectParts", list => Parts(list, request, parts, found.Record));
            if (wanted.Contains("StorageClass"))
                xml.Text("StorageClass", "STANDARD");
            if (wanted.Contains("ObjectSize"))
                xml.Number("ObjectSize", found.Length);
        }).ConfigureAwait(false);
    }

    public async Task AclAsync(S3Request request)
    {
        if (request.Key.Length > 0)
            await FindAsync(request).ConfigureAwait(false);
        else
            await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "AccessControlPolicy", xml =>
        {
            xml.Owner();
            xml.Element("AccessControlList", list => list.Element("Grant", grant =>
            {
                grant.Grantee();
                grant.Text("Permission", "FULL_CONTROL");
            }));
        }).ConfigureAwait(false);
    }

    private async Task<FoundObject> FindAsync(S3Request request)
    {
        ReadObject.RefuseOtherVersions(request);
        return await FoundObject.TryFindAsync(files, records, ObjectKey.ToRead(request.Root, request.Key), request.Aborted).ConfigureAwait(false)
            ?? throw S3Error.NoSuchKey(request.Key).Thrown();
    }

    private static void Parts(XmlAnswer xml, S3Request request, IReadOnlyList<long> parts, ObjectRecord record)
    {
        int after = int.TryParse(request.Header("x-amz-part-number-marker"), NumberStyles.None, CultureInfo.InvariantCulture, out int marker) ? Math.Min(marker, parts.Count) : 0;
        int max = int.TryParse(request.Header("x-amz-max-parts"), NumberStyles.None, CultureInfo.InvariantCulture, out int most) ? Math.Clamp(most, 1, S3Limits.MaxKeys) : S3Limits.MaxKeys;
        int end = Math.Min(after + max, parts.Count);
        // What every SDK calls TotalPartsCount goes by this name.
        xml.Number("PartsCount", parts.Count);
        xml.Number("PartNumberMarker", after);
        xml.Number("NextPartNumberMarker", end);
        xml.Number("MaxParts", max);
        xml.Flag("IsTruncated", end < parts.Count);
        for (int i = after; i < end; i++)
        {
            (int number, long size, StoredChecksum? sum) = (i + 1, parts[i], record.SumOf(i + 1));
            xml.Element("Part", part =>
            {
                part.Number("PartNumber", number);
                part.Number("Size", size);
                if (sum is not null)
                    part.Text(StoredChecksum.ElementOf(sum.Algorithm), sum.Value);
            });
        }
    }
}

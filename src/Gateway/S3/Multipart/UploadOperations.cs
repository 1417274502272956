using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Listing;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>CreateMultipartUpload, AbortMultipartUpload, ListParts and ListMultipartUploads.</summary>
internal sealed class UploadOperations(UploadStore uploads, BucketTable buckets, TimeProvider time)
{
    public async Task CreateAsync(S3Request request)
    {
        ObjectKey key = ObjectKey.ToWrite(request.Root, request.Key);
        if (key.IsDirectory)
            throw S3Error.InvalidArgument("A key that ends with a slash is a directory and holds no bytes; leave the slash out.").Thrown();
        string? algorithm = request.Header(S3Headers.ChecksumAlgorithm)?.ToLowerInvariant(), type = request.Header(S3Headers.ChecksumType);
        var upload = new UploadRecord
        {
            Key = request.Key,
            Begun = time.GetUtcNow(),
            Object = ObjectHeaders.Read(request),
            ChecksumAlgorithm = algorithm,
            FullObjectChecksum = IsFullObject(algorithm, type),
        };
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        string id = await uploads.BeginAsync(key, upload, request.Aborted).ConfigureAwait(false);
        if (algorithm is not null)
        {
            request.Response.Headers[S3Headers.ChecksumAlgorithm] = algorithm.ToUpperInvariant();
            request.Response.Headers[S3Headers.ChecksumType] = upload.ChecksumType;
        }
        await XmlAnswer.WriteAsync(request.Context, "InitiateMultipartUploadResult", xml =>
        {
            xml.Text("Bucket", request.Bucket);
            xml.Text("Key", request.Key);
            xml.Text("UploadId", id);
        }).ConfigureAwait(false);
    }

    public async Task AbortAsync(S3Request request)
    {
        string id = request.Query.Get("uploadId")!;
        await uploads.FindAsync(request.Root, id, request.Key, request.Aborted).ConfigureAwait(false);
        if (!await uploads.RemoveAsync(request.Root, id).ConfigureAwait(false))
            throw new S3Error(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", "The upload's parts could not all be deleted; abort it again later.").Thrown();
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task ListPartsAsync(S3Request request)
    {
        string id = request.Query.Get("uploadId")!;
        UploadRecord upload = await uploads.FindAsync(request.Root, id, request.Key, request.Aborted).ConfigureAwait(false);
        int after = request.Query.Number("part-number-marker", 0, int.MaxValue) ?? 0;
        int max = Math.Min(request.Query.Number("max-parts", 1, int.MaxValue) ?? S3Limits.MaxKeys, S3Limits.MaxKeys);
        List<PartRecord> parts = await uploads.ListPartsAsync(request.Root, id, after, max, request.Aborted).ConfigureAwait(false);
        bool truncated = parts.Count > max;
        await XmlAnswer.WriteAsync(request.Context, "ListPartsResult", xml =>
        {
            xml.Text("Bucket", request.Bucket);
            xml.Text("Key", request.Key);
            xml.Text("UploadId", id);
            xml.Owner("Initiator");
            xml.Owner();
            xml.Text("StorageClass", "STANDARD");
            xml.Text("ChecksumAlgorithm", upload.ChecksumAlgorithm?.ToUpperInvariant());
            xml.Text("ChecksumType", upload.ChecksumType);
            xml.Number("PartNumberMarker", after);
            xml.Text("NextPartNumberMarker", truncated ? $"{parts[max - 1].Number}" : null);
            xml.Number("MaxParts", max);
            xml.Flag("IsTruncated", truncated);
            foreach (PartRecord part in parts.Take(max))
                xml.Element("Part", one => Describe(one, part));
        }).ConfigureAwait(false);
    }

    public async Task ListUploadsAsync(S3Request request)
    {
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        S3Query query = request.Query;
        string prefix = query.Get("prefix") ?? "", delimiter = query.Get("delimiter") ?? "", marker = query.Get("key-marker") ?? "", idMarker = query.Get("upload-id-marker") ?? "";
        KeyEncoding encode = KeyEncodings.Of(request);
        int max = Math.Min(query.Number("max-uploads", 1, int.MaxValue) ?? S3Limits.MaxKeys, S3Limits.MaxKeys);
        UploadPage page = await UploadPage.ReadAsync(uploads, request.Root, UploadPageRequest.Of(prefix, delimiter, marker, idMarker, max), request.Aborted).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "ListMultipartUploadsResult", xml =>
        {
            xml.Text("Bucket", request.Bucket);
            xml.Text("EncodingType", query.Get("encoding-type"));
            xml.Text("Prefix", encode(prefix));
            xml.Text("Delimiter", delimiter.Length > 0 ? encode(delimiter) : null);
            xml.Text("KeyMarker", encode(marker));
            xml.Text("UploadIdMarker", idMarker);
            xml.Text("NextKeyMarker", page.Next is { } next ? encode(next.Key) : null);
            xml.Text("NextUploadIdMarker", page.Next?.Id);
            xml.Number("MaxUploads", max);
            xml.Flag("IsTruncated", page.Next is not null);
            foreach ((string id, UploadRecord upload) in page.Uploads)
            {
                xml.Element("Upload", one =>
                {
                    one.Text("Key", encode(upload.Key));
                    one.Text("UploadId", id);
                    one.Owner("Initiator");
                    one.Owner();
                    one.Text("StorageClass", "STANDARD");
                    one.Time("Initiated", upload.Begun);
                });
            }
            foreach (string common in page.CommonPrefixes)
                xml.Element("CommonPrefixes", one => one.Text("Prefix", encode(common)));
        }).ConfigureAwait(false);
    }

    private static void Describe(XmlAnswer xml, PartRecord part)
    {
        xml.Number("PartNumber", part.Number);
        xml.Time("LastModified", part.Written);
        xml.Text("ETag", $"\"{part.Md5}\"");
        xml.Number("Size", part.Length);
        if (part.Checksum is { } sum)
            xml.Text(StoredChecksum.ElementOf(sum.Algorithm), sum.Value);
    }

    /// <summary>AWS's defaults: CRC-64 is always of the object, the others of the parts' unless said otherwise.</summary>
    private static bool IsFullObject(string? algorithm, string? type)
    {
        if (algorithm is null)
            return false;
        using Checksum known = Checksum.Create(algorithm) ?? throw S3Error.InvalidRequest($"Checksum algorithm '{algorithm}' is not known here; use {string.Join(", ", Checksum.Names)}.").Thrown();
        bool canBeFull = known.Name.StartsWith("crc", StringComparison.Ordinal);
        return type switch
        {
            null => known.Name == "crc64nvme",
            ChecksumType.FullObject when canBeFull => true,
            ChecksumType.Composite when known.Name != "crc64nvme" => false,
            _ => throw S3Error.InvalidRequest($"The {type} checksum type cannot be used with the {known.Name} checksum algorithm.").Thrown(),
        };
    }
}

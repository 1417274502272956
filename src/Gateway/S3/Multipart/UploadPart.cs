using System.Globalization;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>UploadPart and UploadPartCopy.</summary>
internal sealed class UploadPart(CacheFileSystem files, UploadStore uploads, CopySource sources, RestLimits limits, TimeProvider time)
{
    public async Task HandleAsync(S3Request request)
    {
        (string id, int number, UploadRecord upload) = await FindAsync(request).ConfigureAwait(false);
        RequestBody body = RequestBody.Open(request, limits, time, algorithm: upload.ChecksumAlgorithm);
        await using (body.ConfigureAwait(false))
        {
            PartRecord part = await uploads.WritePartAsync(
                request.Root, id, number, body,
                () => new PartRecord { Length = body.BytesRead, Md5 = body.Md5!, Checksum = body.Checksum, Written = time.GetUtcNow() }, request.Aborted).ConfigureAwait(false);
            PutObject.Answer(request, part.Md5, body);
        }
    }

    public async Task CopyAsync(S3Request request)
    {
        (string id, int number, UploadRecord upload) = await FindAsync(request).ConfigureAwait(false);
        FoundObject source = await sources.FindAsync(request).ConfigureAwait(false);
        if (source.Status.IsDirectory)
            throw S3Error.InvalidArgument("The copy source is a directory and holds no bytes.").Thrown();
        ByteRange range = RangeOf(request.Header(S3Headers.CopySourceRange), source);
        using Checksum? checksum = upload.ChecksumAlgorithm is { } algorithm ? Checksum.Create(algorithm) : null;
        var content = new HashingStream(FileRanges.Of(files.Open(source.Status), range), checksum);
        await using (content.ConfigureAwait(false))
        {
            PartRecord part = await uploads.WritePartAsync(request.Root, id, number, content, () => new PartRecord
            {
                Length = content.BytesRead,
                Md5 = content.TakeMd5(),
                Checksum = checksum is null ? null : new StoredChecksum(checksum.Name, checksum.ToBase64()),
                Written = time.GetUtcNow(),
            }, request.Aborted).ConfigureAwait(false);
            await XmlAnswer.WriteAsync(request.Context, "CopyPartResult", xml =>
            {
                xml.Time("LastModified", part.Written);
                xml.Text("ETag", $"\"{part.Md5}\"");
                if (part.Checksum is { } sum)
                    xml.Text(StoredChecksum.ElementOf(sum.Algorithm), sum.Value);
            }).ConfigureAwait(false);
        }
    }

    private async Task<(string Id, int Number, UploadRecord Upload)> FindAsync(S3Request request)
    {
        string id = request.Query.Get("uploadId")!;
        int number = request.Query.Number("partNumber", 1, S3Limits.MaxParts) ?? throw S3Error.InvalidArgument("partNumber is missing.").Thrown();
        return (id, number, await uploads.FindAsync(request.Root, id, request.Key, request.Aborted).ConfigureAwait(false));
    }

    /// <summary>bytes=first-last, within the object; or all of it.</summary>
    private static ByteRange RangeOf(string? header, FoundObject source)
    {
        if (header is null)
            return new ByteRange(0, source.Length);
        string[] numbers = header.StartsWith("bytes=", StringComparison.Ordinal) ? header["bytes=".Length..].Split('-') : [];
        if (numbers.Length != 2 || !TryNumber(numbers[0], out long first) || !TryNumber(numbers[1], out long last) || last < first)
            throw S3Error.InvalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy").Thrown();
        return last < source.Length
            ? new ByteRange(first, last - first + 1)
            : throw S3Error.InvalidArgument($"Range specified is not valid for source object of size: {source.Length}").Thrown();
    }

    private static bool TryNumber(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}

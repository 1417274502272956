using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>
/// CopyObject: reads through the cache and writes through it. An object that is copied onto itself to have other metadata keeps its bytes, and only its
/// record is written.
/// </summary>
internal sealed class CopyObject(CacheFileSystem files, RecordStore records, ObjectWriter writer, CopySource sources, BucketTable buckets)
{
    public async Task HandleAsync(S3Request request)
    {
        ObjectKey key = ObjectKey.ToWrite(request.Root, request.Key);
        bool replaces = Replaces(request, S3Headers.MetadataDirective), replacesTags = Replaces(request, S3Headers.TaggingDirective);
        ObjectRecord said = ObjectHeaders.Read(request);
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        FoundObject source = await sources.FindAsync(request).ConfigureAwait(false);
        if (key.Path == source.Key.Path && !replaces && !replacesTags)
            throw S3Error.InvalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata.").Thrown();

        ObjectRecord record = (replaces ? said : source.Record) with
        {
            Tags = replacesTags ? said.Tags : source.Record.Tags,
            Parts = null,
            PartSums = null,
        };
        FoundObject copy = key.IsDirectory || source.Key.IsDirectory
            ? await CopyDirectoryAsync(key, source, record, request.Aborted).ConfigureAwait(false)
            : await CopyFileAsync(request, key, source, record).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "CopyObjectResult", xml =>
        {
            xml.Text("ETag", $"\"{copy.ETag}\"");
            xml.Time("LastModified", copy.Status.LastModified);
            copy.Record.Checksum?.Write(xml);
        }).ConfigureAwait(false);
    }

    private async Task<FoundObject> CopyFileAsync(S3Request request, ObjectKey key, FoundObject source, ObjectRecord record)
    {
        WriteCondition condition = await WriteConditions.ReadAsync(request, files, records, key).ConfigureAwait(false);
        if (key.Path == source.Key.Path)
        {
            // Nothing is written that the storage could refuse: the object that is there is the source.
            if (condition.DemandsAbsence || (condition.DemandedVersion is { } version && version != source.Status.RequireFile().Version))
                throw S3Error.PreconditionFailed(condition.DemandsAbsence ? "If-None-Match" : "If-Match").Thrown();
            ObjectRecord own = record with { ETag = source.Record.ETag, Checksum = source.Record.Checksum, Parts = source.Record.Parts, PartSums = source.Record.PartSums };
            await records.SaveAsync(key.Bucket, key.Key, source.Status, own, mayExist: true, request.Aborted).ConfigureAwait(false);
            return source with { Record = own };
        }
        using Checksum? checksum = Wanted(request, source.Record.Checksum);
        var content = new HashingStream(FileRanges.Of(files.Open(source.Status), new ByteRange(0, source.Length)), checksum);
        await using (content.ConfigureAwait(false))
        {
            ObjectRecord? whole = null;
            FoundObject copy = await writer.WriteAsync(
                key, content, condition,
                isRead => isRead ? whole ??= record with { ETag = content.TakeMd5(), Checksum = checksum is null ? null : new StoredChecksum(checksum.Name, checksum.ToBase64()) } : record with { Checksum = null },
                request.Aborted).ConfigureAwait(false);
            return copy with { Status = await writer.TimedAsync(key, copy.Status).ConfigureAwait(false) };
        }
    }

    private async Task<FoundObject> CopyDirectoryAsync(ObjectKey key, FoundObject source, ObjectRecord record, CancellationToken cancellationToken)
    {
        if (!key.IsDirectory || !source.Key.IsDirectory)
            throw S3Error.InvalidArgument("A key that ends with a slash is a directory: it can be copied to another one only.").Thrown();
        await writer.WriteDirectoryAsync(key, record, cancellationToken).ConfigureAwait(false);
        return source;
    }

    /// <summary>The one that is asked for; else of the kind that the source has.</summary>
    private static Checksum? Wanted(S3Request request, StoredChecksum? ofSource)
    {
        string? name = request.Header(S3Headers.ChecksumAlgorithm) ?? ofSource?.Algorithm;
        return name is null ? null : Checksum.Create(name) ?? throw S3Error.InvalidRequest($"'{name}' is no checksum that is known here.").Thrown();
    }

    private static bool Replaces(S3Request request, string directive) => request.Header(directive) switch
    {
        null or "COPY" => false,
        "REPLACE" => true,
        { } other => throw S3Error.InvalidArgument($"{directive} '{other}' is neither COPY nor REPLACE.").Thrown(),
    };
}

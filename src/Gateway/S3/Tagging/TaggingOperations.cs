using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Tagging;

/// <summary>GetObjectTagging, PutObjectTagging and DeleteObjectTagging: tags stand in the object's record.</summary>
internal sealed class TaggingOperations(CacheFileSystem files, RecordStore records, RestLimits limits, TimeProvider time)
{
    public async Task GetAsync(S3Request request)
    {
        FoundObject found = await FindAsync(request, toChange: false).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "Tagging", xml => TagSet.Write(xml, found.Record.Tags)).ConfigureAwait(false);
    }

    public async Task PutAsync(S3Request request)
    {
        RequestBody body = RequestBody.Open(request, limits, time);
        await using (body.ConfigureAwait(false))
        {
            XElement document = await XmlBody.ReadAsync(body, S3Limits.MaxDocumentBytes, "Tagging", request.Aborted).ConfigureAwait(false);
            await SaveAsync(request, TagSet.OfDocument(document)).ConfigureAwait(false);
        }
    }

    public async Task DeleteAsync(S3Request request)
    {
        await SaveAsync(request, null).ConfigureAwait(false);
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task SaveAsync(S3Request request, IReadOnlyList<KeyValuePair<string, string>>? tags)
    {
        FoundObject found = await FindAsync(request, toChange: true).ConfigureAwait(false);
        ObjectRecord record = found.Record with { Tags = tags };
        if (found.Key.IsDirectory)
            await records.SaveMarkerAsync(found.Key.Bucket, found.Key.Key, record, request.Aborted).ConfigureAwait(false);
        else
            await records.SaveAsync(found.Key.Bucket, found.Key.Key, found.Status, record, mayExist: true, request.Aborted).ConfigureAwait(false);
    }

    private async Task<FoundObject> FindAsync(S3Request request, bool toChange)
    {
        ReadObject.RefuseOtherVersions(request);
        return await FoundObject.TryFindAsync(files, records, ObjectKey.ToRead(request.Root, request.Key), request.Aborted, toChange).ConfigureAwait(false)
            ?? throw S3Error.NoSuchKey(request.Key).Thrown();
    }
}

using System.Text;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>
/// CompleteMultipartUpload: 1. the parts that are named are compared with those that are there; 2. the object is made of them in order, in
/// one step as every file is: by the storage where it can, of files that are there, else their bytes are written again; 3. the upload and its parts go. While 2 and 3 take
/// long, spaces are sent, so that nobody in between takes the connection for dead; what fails then is told in the body of a 200, as S3 does it.
/// </summary>
internal sealed class CompleteUpload(CacheFileSystem files, RecordStore records, ObjectWriter writer, UploadStore uploads, RestLimits limits, TimeProvider time)
{
    /// <summary>Well below the minute after which clients and load balancers give a silent connection up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task HandleAsync(S3Request request)
    {
        ObjectKey key = ObjectKey.ToWrite(request.Root, request.Key);
        string id = request.Query.Get("uploadId")!;
        UploadRecord upload = await uploads.FindAsync(request.Root, id, request.Key, request.Aborted).ConfigureAwait(false);
        List<PartList.Named> named = await ReadAsync(request).ConfigureAwait(false);
        List<PartRecord> parts = await FindPartsAsync(request, id, named).ConfigureAwait(false);
        CompletionDemands demands = CompletionDemands.Of(request, upload, parts);
        WriteCondition condition = await WriteConditions.ReadAsync(request, files, records, key).ConfigureAwait(false);

        using var given = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        Task<FoundObject> writing = ThenRemoveAsync(WriteAsync(request, key, id, upload, parts, demands, condition, given.Token), request, id);
        bool begun;
        try
        {
            begun = await KeepAliveAsync(request, writing).ConfigureAwait(false);
        }
        catch
        {
            // Nobody listens any more: nothing is written.
            await given.CancelAsync().ConfigureAwait(false);
            await ((Task)writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        FoundObject written;
        try
        {
            written = await writing.ConfigureAwait(false);
        }
        catch (Exception e) when (begun && e is S3Exception or CacheException)
        {
            await SendAsync(request, ErrorDocument(request, e is S3Exception known ? known.Error : EngineErrors.Of((CacheException)e, request))).ConfigureAwait(false);
            return;
        }
        if (begun)
            await SendAsync(request, XmlAnswer.Document("CompleteMultipartUploadResult", plain: false, xml => Describe(xml, request, written), declared: false)).ConfigureAwait(false);
        else
            await XmlAnswer.WriteAsync(request.Context, "CompleteMultipartUploadResult", xml => Describe(xml, request, written)).ConfigureAwait(false);
    }

    private async Task<List<PartList.Named>> ReadAsync(S3Request request)
    {
        RequestBody body = RequestBody.Open(request, limits, time, checksums: false);
        await using (body.ConfigureAwait(false))
            return PartList.Read(await XmlBody.ReadAsync(body, S3Limits.MaxCompleteBytes, "CompleteMultipartUpload", request.Aborted).ConfigureAwait(false));
    }

    private async Task<List<PartRecord>> FindPartsAsync(S3Request request, string id, List<PartList.Named> named)
    {
        var found = new PartRecord?[named.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = S3Limits.Parallelism, CancellationToken = request.Aborted };
        await Parallel.ForAsync(0, found.Length, options, async (i, token) =>
        {
            found[i] = await uploads.FindPartAsync(request.Root, id, named[i].Number, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        for (int i = 0; i < found.Length; i++)
            PartList.Require(named[i], found[i], isLast: i == found.Length - 1);
        return [.. found.OfType<PartRecord>()];
    }

    private async Task<FoundObject> ThenRemoveAsync(Task<FoundObject> writing, S3Request request, string id)
    {
        FoundObject written = await writing.ConfigureAwait(false);
        await uploads.RemoveAsync(request.Root, id).ConfigureAwait(false);
        return written;
    }

    private async Task<FoundObject> WriteAsync(
        S3Request request, ObjectKey key, string id, UploadRecord upload, List<PartRecord> parts, CompletionDemands demands, WriteCondition condition, CancellationToken cancellationToken)
    {
        // What the parts say of it: their tag is not the one that every storage gives what is written here, and listings tell it too.
        ObjectRecord record = upload.Object with
        {
            ETag = PartList.ETagOf(parts),
            Parts = [.. parts.Select(p => p.Length)],
            Checksum = demands.Known,
            PartSums = demands.Known is { IsComposite: true } ? [.. parts.Select(p => p.Checksum!.Value)] : null,
        };
        if (demands.IsKnown && UploadStore.FilesOf(request.Root, id, parts) is { } pieces
            && await writer.ComposeAsync(key, pieces, condition, record, cancellationToken).ConfigureAwait(false) is { } composed)
        {
            return composed;
        }
        using Checksum? full = demands.IsFull ? Checksum.Create(demands.Algorithm!) : null;
        var content = new VerifiedParts(PiecesOf(request, id, parts), full, demands.Said);
        await using (content.ConfigureAwait(false))
        {
            return await writer.WriteAsync(
                key, content, condition, isRead => !isRead ? upload.Object : full is null ? record : record with { Checksum = content.Checksum }, cancellationToken).ConfigureAwait(false);
        }
    }

    private FileRanges PiecesOf(S3Request request, string id, List<PartRecord> parts) => new(
    [
        .. parts.Select(part => (Func<CancellationToken, ValueTask<(CacheFile, ByteRange)>>)(async token =>
        {
            CacheFile file = await uploads.OpenAsync(request.Root, id, part, token).ConfigureAwait(false);
            return (file, new ByteRange(0, part.Length));
        })),
    ]);

    /// <summary>True: the answer has begun.</summary>
    private async Task<bool> KeepAliveAsync(S3Request request, Task writing)
    {
        bool begun = false;
        while (await Task.WhenAny(writing, Task.Delay(Patience, time, request.Aborted)).ConfigureAwait(false) != writing && !request.Aborted.IsCancellationRequested)
        {
            if (!begun)
                request.Response.ContentType = "application/xml";
            await request.Response.Body.WriteAsync(begun ? " "u8.ToArray() : Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"), request.Aborted).ConfigureAwait(false);
            await request.Response.Body.FlushAsync(request.Aborted).ConfigureAwait(false);
            begun = true;
        }
        return begun;
    }

    private static async Task SendAsync(S3Request request, MemoryStream document)
    {
        using (document)
            await request.Response.Body.WriteAsync(document.ToArray(), request.Aborted).ConfigureAwait(false);
    }

    private static MemoryStream ErrorDocument(S3Request request, S3Error error) => XmlAnswer.Document("Error", plain: true, xml =>
    {
        xml.Text("Code", error.Code);
        xml.Text("Message", error.Message);
        xml.Text("RequestId", request.Id);
    }, declared: false);

    private static void Describe(XmlAnswer xml, S3Request request, FoundObject written)
    {
        HttpUrl(xml, request);
        xml.Text("Bucket", request.Bucket);
        xml.Text("Key", request.Key);
        xml.Text("ETag", $"\"{written.ETag}\"");
        written.Record.Checksum?.Write(xml);
    }

    private static void HttpUrl(XmlAnswer xml, S3Request request) =>
        xml.Text("Location", $"{request.Context.Request.Scheme}://{request.Context.Request.Host}{request.Target.Path}");
}

using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Cors;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>
/// GetObject and HeadObject. The body goes the same way as those of the native REST: <see cref="FileBody"/>. An answer holds bytes of one
/// version; where the source has left it before anything was sent, the object is looked up once more (<see cref="ReadRestart"/>).
/// </summary>
internal sealed class ReadObject(CacheFileSystem files, RecordStore records, CorsRules cors)
{
    public async Task HandleAsync(S3Request request)
    {
        ObjectKey key = ObjectKey.ToRead(request.Root, request.Key);
        RefuseOtherVersions(request);
        // Else anybody could have a public object shown as a page of this origin.
        if (request.Caller.IsPublic && request.Query.HasPrefixed(ObjectHeaders.OverridePrefix))
            throw S3Error.InvalidRequest("Request specific response headers cannot be used for anonymous GET requests.").Thrown();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await AnswerAsync(request, key).ConfigureAwait(false);
                return;
            }
            catch (CacheException e) when (ReadRestart.MayHelp(e, attempt, request.Context))
            {
                if (!await ReadRestart.BeginAsync(files, request.Context, key.Path, e).ConfigureAwait(false))
                    throw;
                StartAgain(request);
            }
        }
    }

    /// <summary>Says again what every answer says.</summary>
    private void StartAgain(S3Request request)
    {
        request.Response.Headers[S3Headers.RequestId] = request.Id;
        cors.Allow(request.Context);
        if (request.Context.Request.ContentLength == 0)
            ErrorAnswer.CloseUnlessContinued(request.Context);
    }

    /// <summary>Objects have one version each, which S3 calls null.</summary>
    public static void RefuseOtherVersions(S3Request request)
    {
        if (request.Query.Get("versionId") is { Length: > 0 } version and not "null")
            throw new S3Error(400, "InvalidArgument", $"Invalid version id specified: '{version}'; objects have one version, 'null'.").Thrown();
    }

    private async Task AnswerAsync(S3Request request, ObjectKey key)
    {
        FileStatus status = (await files.TryGetStatusAsync(key.Path, WishOf(request), request.Aborted).ConfigureAwait(false)).Status ?? throw CacheException.NotFound(key.Path.Value);
        if (status.IsDirectory != key.IsDirectory)
            throw S3Error.NoSuchKey(key.Key).Thrown();
        FoundObject found = await FoundObject.OfAsync(files, records, key, status, request.Aborted).ConfigureAwait(false);
        HttpResponse response = request.Response;
        FileHeaders headers = found.ToFileHeaders();
        response.Headers.ETag = headers.ETag;
        response.Headers.LastModified = headers.LastModifiedText;
        RequestConditions conditions = ConditionsOf(request);
        switch (conditions.Evaluate(headers))
        {
            case Precondition.NotModified:
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            case Precondition.Failed when await DemandedVersion.DisprovesAsync(files, request.Context, key.Path, status).ConfigureAwait(false):
                throw CacheException.Changed(key.Path.Value);
            case Precondition.Failed:
                throw S3Error.PreconditionFailed(request.Headers.IfMatch.Count > 0 ? "If-Match" : "If-Unmodified-Since").Thrown();
        }
        ReadPlan plan = ReadPlan.For(conditions.RangeCounts(headers) ? conditions.Range : null, request.Query.Number("partNumber", 1, S3Limits.MaxParts), found.Length, found.Record.Parts);
        SetHeaders(request, found, plan);
        if (HttpMethods.IsGet(request.Context.Request.Method) && plan.Range.Length > 0)
            await SendAsync(request, status, plan).ConfigureAwait(false);
    }

    private StatusWish WishOf(S3Request request) =>
        HttpMethods.IsGet(request.Context.Request.Method) && request.Query.Get("partNumber") is null && RequestConditions.Of(request.Headers).WantFirstPage(files.PageSize)
            ? StatusWish.Described | StatusWish.FirstPage
            : StatusWish.Described;

    private static RequestConditions ConditionsOf(S3Request request)
    {
        RequestConditions given = RequestConditions.Of(request.Headers);
        return given with { IfMatch = WriteConditions.Quoted(given.IfMatch), IfNoneMatch = WriteConditions.Quoted(given.IfNoneMatch) };
    }

    private ValueTask SendAsync(S3Request request, FileStatus status, in ReadPlan plan)
    {
        files.HotFiles.Opened(status.Path);
        return new FileBody(request.Context, files.Open(status)).SendAsync(plan.Range);
    }

    private static void SetHeaders(S3Request request, FoundObject found, in ReadPlan plan)
    {
        HttpResponse response = request.Response;
        response.StatusCode = plan.IsPart ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        response.Headers.AcceptRanges = "bytes";
        response.ContentLength = plan.Range.Length;
        if (plan.IsPart)
            response.Headers.ContentRange = plan.Range.ContentRange(found.Length);
        ObjectHeaders.Write(response, found.Record, request.Query);
        if (string.Equals(request.Header(S3Headers.ChecksumMode), "ENABLED", StringComparison.OrdinalIgnoreCase) && SumOf(request, found.Record, plan) is { } sum)
        {
            response.Headers[sum.Header] = sum.Value;
            response.Headers[S3Headers.ChecksumType] = found.Record.Checksum!.Type;
        }
    }

    /// <summary>Of the bytes that are sent, for who asked compares it with them: of the whole object, or of a part of an upload; none of other ranges.</summary>
    private static StoredChecksum? SumOf(S3Request request, ObjectRecord record, in ReadPlan plan)
    {
        if (!plan.IsPart)
            return record.Checksum;
        return record.PartSums is not null && request.Query.Number("partNumber", 1, S3Limits.MaxParts) is { } part ? record.SumOf(part) : null;
    }
}

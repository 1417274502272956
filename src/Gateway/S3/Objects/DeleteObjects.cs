using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>DeleteObject and DeleteObjects.</summary>
internal sealed class DeleteObjects(ObjectDeletion deletion, BucketTable buckets, RestLimits limits, TimeProvider time)
{
    public async Task DeleteOneAsync(S3Request request)
    {
        ReadObject.RefuseOtherVersions(request);
        WriteConditions.RefuseTimes(request);
        if (request.Headers.IfNoneMatch.Count > 0)
            throw S3Error.NotImplemented("A delete with If-None-Match").Thrown();
        var demand = new WriteConditions.DeleteDemand(request.Header("If-Match"), request.Header("x-amz-if-match-size"), request.Header("x-amz-if-match-last-modified-time"));
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        if (ObjectKey.TryMap(request.Root, request.Key, out ObjectKey key))
            await deletion.DeleteAsync(key, demand, request.Aborted).ConfigureAwait(false);
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task DeleteManyAsync(S3Request request)
    {
        await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        RequestBody body = RequestBody.Open(request, limits, time);
        await using (body.ConfigureAwait(false))
        {
            XElement document = await XmlBody.ReadAsync(body, S3Limits.MaxDeleteBytes, "Delete", request.Aborted).ConfigureAwait(false);
            XElement[] objects = [.. document.All("Object")];
            string[] keys = [.. objects.Select(o => o.Text("Key") ?? throw S3Error.MalformedXml("An Object has no Key.").Thrown())];
            if (keys.Length is 0 or > S3Limits.MaxKeys)
                throw S3Error.MalformedXml($"The document names {keys.Length} objects instead of 1 to {S3Limits.MaxKeys}.").Thrown();
            bool quiet = document.Text("Quiet") == "true";
            S3Error?[] failures = await DeleteAllAsync(request, objects, keys).ConfigureAwait(false);
            await XmlAnswer.WriteAsync(request.Context, "DeleteResult", xml => Write(xml, keys, failures, quiet)).ConfigureAwait(false);
        }
    }

    private async Task<S3Error?[]> DeleteAllAsync(S3Request request, XElement[] objects, string[] keys)
    {
        var failures = new S3Error?[keys.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = S3Limits.Parallelism, CancellationToken = request.Aborted };
        await Parallel.ForAsync(0, keys.Length, options, async (i, cancellationToken) =>
        {
            failures[i] = Objection(objects[i]) ?? await TryDeleteAsync(request, keys[i], DemandOf(objects[i]), cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return failures;
    }

    /// <summary>Why nothing is deleted, whatever is there.</summary>
    private static S3Error? Objection(XElement demanded)
    {
        if (demanded.Text("VersionId") is { Length: > 0 } version and not "null")
            return new S3Error(StatusCodes.Status404NotFound, "NoSuchVersion", $"The version '{version}' does not exist; objects have one version, 'null'.");
        return null;
    }

    private static WriteConditions.DeleteDemand DemandOf(XElement demanded) => new(demanded.Text("ETag"), demanded.Text("Size"), demanded.Text("LastModifiedTime"));

    private async Task<S3Error?> TryDeleteAsync(S3Request request, string name, WriteConditions.DeleteDemand demand, CancellationToken cancellationToken)
    {
        if (!request.Caller.MayWrite(request.Bucket, name))
            return S3Error.AccessDenied("The access key may not delete this.");
        try
        {
            if (ObjectKey.TryMap(request.Root, name, out ObjectKey key))
                await deletion.DeleteAsync(key, demand, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (S3Exception e)
        {
            return e.Error;
        }
        catch (CacheException e)
        {
            return EngineErrors.Of(e, request);
        }
    }

    private static void Write(XmlAnswer xml, string[] keys, S3Error?[] failures, bool quiet)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            string key = keys[i];
            if (failures[i] is { } failure)
            {
                xml.Element("Error", error =>
                {
                    error.Text("Key", key);
                    error.Text("Code", failure.Code);
                    error.Text("Message", failure.Message);
                });
            }
            else if (!quiet)
            {
                xml.Element("Deleted", deleted => deleted.Text("Key", key));
            }
        }
    }
}

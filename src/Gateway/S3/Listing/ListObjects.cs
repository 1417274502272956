using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Listing;

/// <summary>ListObjects, ListObjectsV2 and ListObjectVersions: one page, three documents.</summary>
internal sealed class ListObjects(CacheFileSystem files, RecordStore records, BucketTable buckets)
{
    public async Task Version1Async(S3Request request)
    {
        PageRequest page = PageOf(request, request.Query.Get("marker"));
        ListingPage found = await ReadAsync(request, page).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "ListBucketResult", xml =>
        {
            KeyEncoding encode = Head(xml, request, page, found);
            xml.Text("Marker", encode(request.Query.Get("marker") ?? ""));
            // AWS gives it with a delimiter only; without one, clients take the last key, which is the same.
            xml.Text("NextMarker", found.Next is { } next ? encode(next) : null);
            Contents(xml, found, encode, withOwner: true);
        }).ConfigureAwait(false);
    }

    public async Task Version2Async(S3Request request)
    {
        string? token = request.Query.Get("continuation-token");
        PageRequest page = PageOf(request, token is { Length: > 0 } ? ReadToken(token) : request.Query.Get("start-after"));
        ListingPage found = await ReadAsync(request, page).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "ListBucketResult", xml =>
        {
            KeyEncoding encode = Head(xml, request, page, found);
            xml.Number("KeyCount", found.Objects.Count + found.CommonPrefixes.Count);
            xml.Text("ContinuationToken", token);
            xml.Text("NextContinuationToken", found.Next is { } next ? ListToken.Of(next) : null);
            xml.Text("StartAfter", request.Query.Get("start-after") is { } start ? encode(start) : null);
            Contents(xml, found, encode, withOwner: request.Query.Get("fetch-owner") == "true");
        }).ConfigureAwait(false);
    }

    public async Task VersionsAsync(S3Request request)
    {
        PageRequest page = PageOf(request, request.Query.Get("key-marker"));
        ListingPage found = await ReadAsync(request, page).ConfigureAwait(false);
        await XmlAnswer.WriteAsync(request.Context, "ListVersionsResult", xml =>
        {
            KeyEncoding encode = Head(xml, request, page, found);
            xml.Text("KeyMarker", encode(request.Query.Get("key-marker") ?? ""));
            xml.Text("VersionIdMarker", request.Query.Get("version-id-marker") ?? "");
            xml.Text("NextKeyMarker", found.Next is { } next ? encode(next) : null);
            xml.Text("NextVersionIdMarker", found.Next is null ? null : "null");
            foreach (FoundObject one in found.Objects)
            {
                xml.Element("Version", version =>
                {
                    Describe(version, one, encode);
                    version.Text("VersionId", "null");
                    version.Flag("IsLatest", true);
                    version.Owner();
                });
            }
            Prefixes(xml, found, encode);
        }).ConfigureAwait(false);
    }

    private async Task<ListingPage> ReadAsync(S3Request request, PageRequest page)
    {
        ListingPage found = await ListingPage.ReadAsync(files, records, request.Root, page, request.Aborted).ConfigureAwait(false);
        // Only where nothing was found may the bucket be missing.
        if (found.Objects.Count + found.CommonPrefixes.Count == 0)
            await buckets.RequireAsync(request.Root, request.Aborted).ConfigureAwait(false);
        return found;
    }

    private static PageRequest PageOf(S3Request request, string? after) => new(
        request.Query.Get("prefix") ?? "", request.Query.Get("delimiter") ?? "", after is { Length: > 0 } ? after : null,
        Math.Min(request.Query.Number("max-keys", 0, int.MaxValue) ?? S3Limits.MaxKeys, S3Limits.MaxKeys));

    private static string ReadToken(string token)
    {
        try
        {
            return ListToken.Read(token);
        }
        catch (CacheException)
        {
            throw S3Error.InvalidArgument("The continuation token provided is incorrect").Thrown();
        }
    }

    private static KeyEncoding Head(XmlAnswer xml, S3Request request, PageRequest page, ListingPage found)
    {
        KeyEncoding encode = KeyEncodings.Of(request);
        xml.Text("Name", request.Bucket);
        xml.Text("Prefix", encode(page.Prefix));
        xml.Text("Delimiter", page.Delimiter.Length > 0 ? encode(page.Delimiter) : null);
        xml.Number("MaxKeys", page.MaxKeys);
        xml.Text("EncodingType", request.Query.Get("encoding-type"));
        xml.Flag("IsTruncated", found.Next is not null);
        return encode;
    }

    private static void Contents(XmlAnswer xml, ListingPage found, KeyEncoding encode, bool withOwner)
    {
        foreach (FoundObject one in found.Objects)
        {
            xml.Element("Contents", contents =>
            {
                Describe(contents, one, encode);
                if (withOwner)
                    contents.Owner();
            });
        }
        Prefixes(xml, found, encode);
    }

    private static void Describe(XmlAnswer xml, FoundObject one, KeyEncoding encode)
    {
        xml.Text("Key", encode(one.Key.Key));
        xml.Time("LastModified", one.Status.LastModified);
        xml.Text("ETag", $"\"{one.ETag}\"");
        if (one.Record.Checksum is { } sum)
        {
            xml.Text("ChecksumAlgorithm", sum.Algorithm.ToUpperInvariant());
            xml.Text("ChecksumType", sum.Type);
        }
        xml.Number("Size", one.Length);
        xml.Text("StorageClass", "STANDARD");
    }

    private static void Prefixes(XmlAnswer xml, ListingPage found, KeyEncoding encode)
    {
        foreach (string prefix in found.CommonPrefixes)
            xml.Element("CommonPrefixes", common => common.Text("Prefix", encode(prefix)));
    }
}

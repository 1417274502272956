using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Orleans.Cache.Identity;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.AzureBlob;

/// <summary>One container of Azure Blob Storage: block blobs. Requests are signed and written by the SDK, sent once each.</summary>
internal sealed class AzureStore(BlobContainerClient container, HttpClient http, AzureOptions options) : IObjectStore
{
    /// <summary>A copy inside an account is made by the store; how often it is asked whether it is done.</summary>
    private static readonly TimeSpan CopyPolling = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How Azure's own file system (hierarchical namespaces, Hadoop's drivers) marks a directory: an empty blob of its name, without a slash, with this
    /// metadata.
    /// </summary>
    private const string MarkerName = "hdi_isfolder";

    private static readonly Dictionary<string, string> Marker = new() { [MarkerName] = "true" };

    public string Uri => options.Uri;

    public StoreConditions Conditions => StoreConditions.All;

    /// <summary>
    /// A backslash would become a slash on its way, parts of dots lead elsewhere, and slashes at the ends of a name are lost: those of an empty part, for a directory has one.
    /// </summary>
    public bool CanName(string name) =>
        name.Length <= 1024 && !name.Contains('\\') && !name.StartsWith('/') && !name.Contains("//", StringComparison.Ordinal) && !HasDots($"/{name}/");

    private static bool HasDots(string name) => name.Contains("/./", StringComparison.Ordinal) || name.Contains("/../", StringComparison.Ordinal);

    /// <summary>An ETag is a new one with each write.</summary>
    public bool VersionsNameContent => false;

    /// <summary>What names its metadata may have are C#'s, not those of headers.</summary>
    public bool KeepsAttributes => false;

    /// <summary>Puts bring no hash.</summary>
    public bool ChecksContent => false;

    public bool Holds(WriteCondition condition, bool inParts) => condition.IsNone || condition.DemandsAbsence || condition.DemandedVersion is not null;

    public async Task<ObjectStatus?> GetStatusAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties found = await AzureFailures.TranslateAsync(Blob(name).GetPropertiesAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
            return IsMarker(found.Metadata) == name.EndsWith('/') ? new ObjectStatus(name, found.ContentLength, found.LastModified, VersionOf(found.ETag)) : null;
        }
        catch (StoreException e) when (e.Failure == StoreFailure.NotFound)
        {
            return null;
        }
    }

    public Task<ObjectBody> OpenAsync(string name, FileVersion? version, long offset, long length, CancellationToken cancellationToken) =>
        GetAsync(name, version, offset, length, cancellationToken);

    public Task<ObjectBody> OpenFirstAsync(string name, int length, CancellationToken cancellationToken) => GetAsync(name, null, 0, length, cancellationToken);

    private async Task<ObjectBody> GetAsync(string name, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        var body = new OpenBody();
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(offset, length),
            Conditions = version is { } wanted ? new BlobRequestConditions { IfMatch = Quote(wanted) } : null,
        };
        Response<BlobDownloadStreamingResult> answer;
        try
        {
            answer = await AzureFailures.TranslateAsync(Blob(name).DownloadStreamingAsync(options, cancellationToken)).ConfigureAwait(false);
        }
        catch
        {
            // The head may have come, and not been understood.
            body.Dispose();
            throw;
        }
        BlobDownloadDetails details = answer.Value.Details;
        return ObjectBody.Of(
            body,
            answer.Value.Content,
            details.ETag.ToString(),
            details.ContentRange,
            details.ContentLength,
            (tag, all) => IsMarker(details.Metadata) == name.EndsWith('/') ? new ObjectStatus(name, all, details.LastModified, tag) : null);
    }

    /// <summary>The store cannot begin behind a name: <see cref="ListRequest.StartAfter"/> is left to the caller.</summary>
    public async Task<ObjectPage> ListAsync(ListRequest request, CancellationToken cancellationToken)
    {
        Page<BlobHierarchyItem> page = await AzureFailures.TranslateAsync(FirstPageAsync(
            container.GetBlobsByHierarchyAsync(BlobTraits.Metadata, delimiter: request.Flat ? null : "/", prefix: request.Prefix, cancellationToken: cancellationToken)
                .AsPages(request.Token, request.MaxEntries), cancellationToken)).ConfigureAwait(false);
        List<ObjectEntry> entries = [];
        foreach (BlobHierarchyItem item in page.Values)
            entries.Add(EntryOf(item, request.Flat));
        // An empty directory's marker lies beside its prefix, not below it.
        if (entries.Count == 0 && request is { Flat: true, Token: null } && request.Prefix.EndsWith('/')
            && await GetStatusAsync(request.Prefix, cancellationToken).ConfigureAwait(false) is { } marker)
            entries.Add(new ObjectEntry(marker.Name, marker));
        entries.Sort(static (a, b) => Utf8Order.Compare(a.Name, b.Name));
        return new ObjectPage(entries, page.ContinuationToken is { Length: > 0 } next ? next : null);
    }

    public async Task<FileVersion> PutAsync(
        string name, ReadOnlyMemory<byte> content, WriteCondition condition, UfsAttributes? attributes, string? sha256, CancellationToken cancellationToken)
    {
        using Stream body = ContentStream.Of(content);
        BlobContentInfo written = await AzureFailures.TranslateAsync(Blob(name).UploadAsync(
            body, new BlobUploadOptions { Conditions = ConditionsOf(condition), Metadata = name.EndsWith('/') ? Marker : null }, cancellationToken)).ConfigureAwait(false);
        return VersionOf(written.ETag);
    }

    /// <summary>Blocks need no beginning; the name keeps those of two uploads apart.</summary>
    public Task<string> BeginUploadAsync(string name, UfsAttributes? attributes, CancellationToken cancellationToken) => Task.FromResult(Guid.NewGuid().ToString("N"));

    public async Task<string> PutPartAsync(string name, string upload, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        // All ids of one blob have the same length.
        string id = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{upload}{number:d6}"));
        using Stream body = ContentStream.Of(content);
        await AzureFailures.TranslateAsync(Blob(name).StageBlockAsync(id, body, cancellationToken: cancellationToken)).ConfigureAwait(false);
        return id;
    }

    public async Task<FileVersion> CommitUploadAsync(
        string name, string upload, IReadOnlyList<string> parts, WriteCondition condition, CancellationToken cancellationToken)
    {
        BlobContentInfo written = await AzureFailures.TranslateAsync(Blob(name).CommitBlockListAsync(
            parts, new CommitBlockListOptions { Conditions = ConditionsOf(condition) }, cancellationToken)).ConfigureAwait(false);
        return VersionOf(written.ETag);
    }

    /// <summary>Blocks that nobody commits are dropped by the store after a week; there is no request to do it sooner without touching the blob.</summary>
    public Task AbortUploadAsync(string name, string upload, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task CopyAsync(ObjectStatus from, string to, CancellationToken cancellationToken)
    {
        var source = new UriBuilder(Blob(from.Name).Uri);
        if (options.Sas is { } sas)
            source.Query = sas;
        CopyFromUriOperation copy = await AzureFailures.TranslateAsync(Blob(to).StartCopyFromUriAsync(
            source.Uri, new BlobCopyFromUriOptions { SourceConditions = new BlobRequestConditions { IfMatch = Quote(from.Version) } }, cancellationToken)).ConfigureAwait(false);
        await AzureFailures.TranslateAsync(copy.WaitForCompletionAsync(CopyPolling, cancellationToken).AsTask()).ConfigureAwait(false);
    }

    public async Task DeleteAsync(string name, WriteCondition condition, CancellationToken cancellationToken)
    {
        try
        {
            await AzureFailures.TranslateAsync(Blob(name).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, ConditionsOf(condition), cancellationToken)).ConfigureAwait(false);
        }
        catch (StoreException e) when (e.Failure == StoreFailure.NotFound)
        {
            // As in other stores: what is not there is deleted.
        }
    }

    /// <summary>Known; but whether we may write is not.</summary>
    public async Task ProbeConditionsAsync(string name, CancellationToken cancellationToken)
    {
        await PutAsync(name, default, WriteCondition.None, null, null, cancellationToken).ConfigureAwait(false);
        await DeleteAsync(name, WriteCondition.None, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => http.Dispose();

    private BlockBlobClient Blob(string name) => container.GetBlockBlobClient(name.TrimEnd('/'));

    private static bool IsMarker(IDictionary<string, string>? metadata) => metadata?.TryGetValue(MarkerName, out string? value) == true && value == "true";

    private static ObjectEntry EntryOf(BlobHierarchyItem item, bool flat)
    {
        if (item.IsPrefix)
            return new ObjectEntry(item.Prefix, null);
        if (!IsMarker(item.Blob.Metadata))
            return new ObjectEntry(item.Blob.Name, StatusOf(item.Blob, item.Blob.Name));
        return new ObjectEntry(item.Blob.Name + '/', flat ? StatusOf(item.Blob, item.Blob.Name + '/') : null);
    }

    private static async Task<Page<T>> FirstPageAsync<T>(IAsyncEnumerable<Page<T>> pages, CancellationToken cancellationToken)
        where T : notnull
    {
        await foreach (Page<T> page in pages.WithCancellation(cancellationToken).ConfigureAwait(false))
            return page;
        throw new StoreException(StoreFailure.Broken, "a listing without an answer");
    }

    private static ObjectStatus StatusOf(BlobItem blob, string name) => new(
        name, blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? DateTimeOffset.UnixEpoch, ObjectVersions.Of(blob.Properties.ETag?.ToString()));

    private static BlobRequestConditions? ConditionsOf(WriteCondition condition) => condition switch
    {
        { DemandsAbsence: true } => new BlobRequestConditions { IfNoneMatch = ETag.All },
        { DemandedVersion: { } version } => new BlobRequestConditions { IfMatch = Quote(version) },
        _ => null,
    };

    private static ETag Quote(FileVersion version) => new($"\"{version.Token}\"");

    private static FileVersion VersionOf(ETag tag) => ObjectVersions.Of(tag.ToString());
}

using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Identity;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>
/// One bucket of Amazon S3 or of a store that speaks its protocol. Requests are sent once each; those for objects by <see cref="IS3Objects"/>, all others are signed and written by
/// the SDK.
/// </summary>
/// <param name="client">The SDK's.</param>
/// <param name="objects">Sends what is asked of single objects.</param>
/// <param name="options">Of the mount.</param>
/// <param name="limits">Of single requests.</param>
/// <param name="isAmazon">Amazon's own store is known to hold all conditions; of others it is found out.</param>
internal sealed class S3Store(IAmazonS3 client, IS3Objects objects, S3Options options, RequestLimits limits, bool isAmazon) : IObjectStore
{
    private readonly bool _isAmazon = isAmazon;

    /// <summary>Writes that demand a version: some stores refuse also those that demand the right one.</summary>
    private bool _matchesVersions = isAmazon;

    private RequestPayer? Payer => options.RequesterPays ? RequestPayer.Requester : null;

    public string Uri => options.Uri;

    public StoreConditions Conditions { get; private set; } = isAmazon ? StoreConditions.All : StoreConditions.None;

    /// <summary>A slash in front would be lost in a URL: such a key needs a mount of a prefix.</summary>
    public bool CanName(string name) => Encoding.UTF8.GetByteCount(name) <= 1024 && !name.StartsWith('/');

    public bool VersionsNameContent => true;

    public bool KeepsAttributes => true;

    /// <summary>It is part of every signature. What comes in chunks, as the SDK's checksums do, a store may take for content.</summary>
    public bool ChecksContent => !options.Anonymous && !options.SupportedChecksums && !options.ChunkEncoding;

    /// <summary>What is neither absence nor a version (presence) no request can demand.</summary>
    public bool Holds(WriteCondition condition, bool inParts) =>
        condition.IsNone
        || (Conditions >= (inParts ? StoreConditions.All : StoreConditions.Puts) && (condition.DemandsAbsence || (_matchesVersions && condition.DemandedVersion is not null)));

    public async Task<ObjectStatus?> GetStatusAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await S3Failures.TranslateAsync(objects.HeadAsync(name, cancellationToken)).ConfigureAwait(false);
        }
        catch (StoreException e) when (e.Failure == StoreFailure.NotFound)
        {
            return null;
        }
    }

    public Task<ObjectBody> OpenAsync(string name, FileVersion? version, long offset, long length, CancellationToken cancellationToken) =>
        S3Failures.TranslateAsync(objects.GetAsync(name, version is { } wanted ? Quote(wanted) : null, offset, length, isDescribed: false, cancellationToken));

    public Task<ObjectBody> OpenFirstAsync(string name, int length, CancellationToken cancellationToken) =>
        S3Failures.TranslateAsync(objects.GetAsync(name, null, 0, length, isDescribed: true, cancellationToken));

    public async Task<ObjectPage> ListAsync(ListRequest request, CancellationToken cancellationToken)
    {
        ListObjectsV2Response answer = await S3Failures.TranslateAsync(client.ListObjectsV2Async(
            new ListObjectsV2Request
            {
                BucketName = options.Bucket,
                Prefix = request.Prefix,
                Delimiter = request.Flat ? null : "/",
                StartAfter = request.StartAfter,
                ContinuationToken = request.Token,
                MaxKeys = request.MaxEntries,
                RequestPayer = Payer,
                // Names may hold characters that XML cannot.
                Encoding = EncodingType.Url,
            },
            cancellationToken)).ConfigureAwait(false);
        List<ObjectEntry> entries = [];
        bool isEncoded = answer.Encoding == EncodingType.Url;
        foreach (S3Object found in answer.S3Objects ?? [])
        {
            string name = Decode(found.Key, isEncoded);
            entries.Add(new ObjectEntry(name, new ObjectStatus(name, found.Size ?? 0, TimeOf(found.LastModified), VersionOf(found.ETag))));
        }
        foreach (string prefix in answer.CommonPrefixes ?? [])
            entries.Add(new ObjectEntry(Decode(prefix, isEncoded), null));
        if (answer.CommonPrefixes is { Count: > 0 })
            entries.Sort(static (a, b) => Utf8Order.Compare(a.Name, b.Name));
        return new ObjectPage(entries, answer.IsTruncated == true ? answer.NextContinuationToken : null);
    }

    public async Task<FileVersion> PutAsync(
        string name, ReadOnlyMemory<byte> content, WriteCondition condition, UfsAttributes? attributes, string? sha256, CancellationToken cancellationToken)
    {
        S3Condition demanded = Conditions == StoreConditions.None
            ? default
            : new(condition.DemandsAbsence ? "*" : null, _matchesVersions && condition.DemandedVersion is { } version ? Quote(version) : null);
        return VersionOf(await S3Failures.TranslateAsync(objects.PutAsync(name, content, demanded, attributes, sha256, cancellationToken)).ConfigureAwait(false));
    }

    public async Task<string> BeginUploadAsync(string name, UfsAttributes? attributes, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest
        {
            BucketName = options.Bucket,
            Key = name,
            RequestPayer = Payer,
            ServerSideEncryptionMethod = options.Encryption,
            ServerSideEncryptionKeyManagementServiceKeyId = options.KmsKey,
        };
        S3Attributes.Set(attributes, request.Headers, request.Metadata);
        return (await S3Failures.TranslateAsync(client.InitiateMultipartUploadAsync(request, cancellationToken)).ConfigureAwait(false)).UploadId;
    }

    public async Task<string> PutPartAsync(string name, string upload, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await S3Failures.TranslateAsync(objects.PutPartAsync(name, upload, number, content, cancellationToken)).ConfigureAwait(false)
        ?? throw new StoreException(StoreFailure.Broken, "an answer to a part without an ETag");

    public async Task<FileVersion> CommitUploadAsync(
        string name, string upload, IReadOnlyList<string> parts, WriteCondition condition, CancellationToken cancellationToken)
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = options.Bucket,
            Key = name,
            UploadId = upload,
            PartETags = [.. parts.Select((tag, i) => new PartETag(i + 1, tag))],
            RequestPayer = Payer,
        };
        if (Conditions == StoreConditions.All)
        {
            request.IfNoneMatch = condition.DemandsAbsence ? "*" : null;
            request.IfMatch = _matchesVersions && condition.DemandedVersion is { } demanded ? Quote(demanded) : null;
        }
        CompleteMultipartUploadResponse answer = await S3Failures.TranslateAsync(client.CompleteMultipartUploadAsync(request, cancellationToken)).ConfigureAwait(false);
        // Ceph up to 16 names no version here; what is there now is then taken for it.
        if (answer.ETag is { Length: > 2 } tag)
            return VersionOf(tag);
        return await GetStatusAsync(name, cancellationToken).ConfigureAwait(false) is { } committed
            ? committed.Version
            : throw new StoreException(StoreFailure.Broken, "a commit whose object is not there");
    }

    public bool CopiesParts => true;

    /// <summary>Ceph copies whatever version is there; what other stores do is not known.</summary>
    public bool HoldsVersionsOfCopies => _isAmazon;

    public Task<string> CopyPartAsync(string name, string upload, int number, string from, FileVersion version, CancellationToken cancellationToken) =>
        CopyPartAsync(name, upload, number, from, version, range: null, cancellationToken);

    public Task AbortUploadAsync(string name, string upload, CancellationToken cancellationToken) => S3Failures.TranslateAsync(client.AbortMultipartUploadAsync(
        new AbortMultipartUploadRequest { BucketName = options.Bucket, Key = name, UploadId = upload, RequestPayer = Payer }, cancellationToken));

    public async Task CopyAsync(ObjectStatus from, string to, CancellationToken cancellationToken)
    {
        if (from.Length > limits.MaxCopyBytes)
        {
            await CopyInPartsAsync(from, to, cancellationToken).ConfigureAwait(false);
            return;
        }
        await S3Failures.TranslateAsync(client.CopyObjectAsync(
            new CopyObjectRequest
            {
                SourceBucket = options.Bucket,
                SourceKey = from.Name,
                DestinationBucket = options.Bucket,
                DestinationKey = to,
                ETagToMatch = Quote(from.Version),
                RequestPayer = Payer,
                ServerSideEncryptionMethod = options.Encryption,
                ServerSideEncryptionKeyManagementServiceKeyId = options.KmsKey,
            },
            cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Amazon's own store knows conditions of deletes; others ignore them, and one cannot find out without deleting.</summary>
    public Task DeleteAsync(string name, WriteCondition condition, CancellationToken cancellationToken) => S3Failures.TranslateAsync(client.DeleteObjectAsync(
        new DeleteObjectRequest
        {
            BucketName = options.Bucket,
            Key = name,
            RequestPayer = Payer,
            IfMatch = _isAmazon && condition.DemandedVersion is { } demanded ? Quote(demanded) : null,
        },
        cancellationToken));

    /// <summary>Each kind of write is tried on an object that is there: one that demands absence must fail.</summary>
    public async Task ProbeConditionsAsync(string name, CancellationToken cancellationToken)
    {
        if (_isAmazon)
            return;
        FileVersion version = await PutAsync(name, default, WriteCondition.None, null, null, cancellationToken).ConfigureAwait(false);
        string upload = await BeginUploadAsync(name, null, cancellationToken).ConfigureAwait(false);
        try
        {
            // Only with this are conditions sent at all.
            Conditions = StoreConditions.All;
            _matchesVersions = true;
            bool puts = await IsRefusedAsync(() => PutAsync(name, default, WriteCondition.IfAbsent, null, null, cancellationToken)).ConfigureAwait(false);
            string part = await PutPartAsync(name, upload, 1, new byte[1], cancellationToken).ConfigureAwait(false);
            bool uploads = puts && await IsRefusedAsync(
                () => CommitUploadAsync(name, upload, [part], WriteCondition.IfAbsent, cancellationToken)).ConfigureAwait(false);
            _matchesVersions = puts
                && await IsRefusedAsync(() => PutAsync(name, default, WriteCondition.IfVersion(new FileVersion("another")), null, null, cancellationToken)).ConfigureAwait(false)
                && !await IsRefusedAsync(() => PutAsync(name, default, WriteCondition.IfVersion(version), null, null, cancellationToken)).ConfigureAwait(false);
            Conditions = uploads ? StoreConditions.All : puts ? StoreConditions.Puts : StoreConditions.None;
        }
        finally
        {
            await DeleteAsync(name, WriteCondition.None, cancellationToken).ConfigureAwait(false);
            // Where the commit was refused; elsewhere there is no such upload any more.
            await IsRefusedAsync(() => AbortUploadAsync(name, upload, cancellationToken)).ConfigureAwait(false);
        }
    }

    public void Dispose() => client.Dispose();

    private static async Task<bool> IsRefusedAsync(Func<Task> request)
    {
        try
        {
            await request().ConfigureAwait(false);
            return false;
        }
        catch (StoreException e) when (e.Failure is StoreFailure.ConditionFailed or StoreFailure.NotFound or StoreFailure.Refused)
        {
            return e.Failure == StoreFailure.ConditionFailed;
        }
        catch (StoreException e) when (e.Failure == StoreFailure.Broken)
        {
            return false; // It was not refused for sure.
        }
    }

    private async Task CopyInPartsAsync(ObjectStatus from, string to, CancellationToken cancellationToken)
    {
        // What a listing gave has none.
        UfsAttributes? attributes = from.Attributes ?? (await GetStatusAsync(from.Name, cancellationToken).ConfigureAwait(false))?.Attributes;
        string upload = await BeginUploadAsync(to, attributes, cancellationToken).ConfigureAwait(false);
        try
        {
            var parts = new List<string>();
            for (long first = 0; first < from.Length; first += limits.CopyPartBytes)
            {
                long last = Math.Min(first + limits.CopyPartBytes, from.Length) - 1;
                parts.Add(await CopyPartAsync(to, upload, parts.Count + 1, from.Name, from.Version, (first, last), cancellationToken).ConfigureAwait(false));
            }
            await CommitUploadAsync(to, upload, parts, WriteCondition.None, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await IsRefusedAsync(() => AbortUploadAsync(to, upload, CancellationToken.None)).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A store that knows no copies of parts may take the request for a part without bytes; then it answers without a tag in the body.</summary>
    private async Task<string> CopyPartAsync(
        string name, string upload, int number, string from, FileVersion version, (long First, long Last)? range, CancellationToken cancellationToken)
    {
        CopyPartResponse part = await S3Failures.TranslateAsync(client.CopyPartAsync(
            new CopyPartRequest
            {
                SourceBucket = options.Bucket,
                SourceKey = from,
                DestinationBucket = options.Bucket,
                DestinationKey = name,
                UploadId = upload,
                PartNumber = number,
                FirstByte = range?.First,
                LastByte = range?.Last,
                ETagToMatch = [Quote(version)],
                RequestPayer = Payer,
            },
            cancellationToken)).ConfigureAwait(false);
        return part.ETag is { Length: > 0 } tag ? tag : throw new StoreException(StoreFailure.Refused, "an answer to a copy of a part without an ETag");
    }

    /// <summary>Amazon writes a space as '+' and a plus as %2B, others a space as %20; the SDK leaves it to us.</summary>
    private static string Decode(string name, bool isEncoded) => isEncoded ? System.Uri.UnescapeDataString(name.Replace('+', ' ')) : name;

    private static string Quote(FileVersion version) => $"\"{version.Token}\"";

    private static DateTimeOffset TimeOf(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.UnixEpoch;

    private static FileVersion VersionOf(string? tag) => ObjectVersions.Of(tag);
}

namespace Orleans.Cache.Gateway.S3;

/// <summary>Every limit of the S3 front-end in one place, each with its unit and its reason.</summary>
public sealed record S3Limits
{
    /// <summary>Bytes of a key; AWS's limit.</summary>
    public const int MaxKeyBytes = 1024;

    /// <summary>Keys of a page of a listing, and of a DeleteObjects; AWS's limit.</summary>
    public const int MaxKeys = 1000;

    /// <summary>Parts of an upload; AWS's limit.</summary>
    public const int MaxParts = 10_000;

    /// <summary>Bytes of a part that is not the last; AWS's limit.</summary>
    public const long MinPartBytes = 5 * CacheLimits.MiB;

    /// <summary>Bytes of user metadata, names and values together; AWS's limit.</summary>
    public const int MaxUserMetadataBytes = 2 * CacheLimits.KiB;

    /// <summary>Tags of an object; AWS's limit.</summary>
    public const int MaxTags = 10;

    /// <summary>Bytes of a document that names keys: a thousand of a kilobyte, each byte written as an entity.</summary>
    public const int MaxDeleteBytes = 8 * CacheLimits.MiB;

    /// <summary>Bytes of a document that names parts: ten thousand with checksums.</summary>
    public const int MaxCompleteBytes = 4 * CacheLimits.MiB;

    /// <summary>Bytes of every other document.</summary>
    public const int MaxDocumentBytes = 64 * CacheLimits.KiB;

    /// <summary>Bytes of a line of chunk framing: a size, an extension and a signature. Trailers have no longer ones.</summary>
    public const int MaxChunkLine = 4 * CacheLimits.KiB;

    /// <summary>Trailing headers: a checksum and a signature; some clients send two of them.</summary>
    public const int MaxTrailers = 8;

    /// <summary>Bytes of a record of metadata: user metadata, tags, and of ten thousand parts lengths and checksums, 61 bytes each at most.</summary>
    public const int MaxRecordBytes = CacheLimits.MiB;

    /// <summary>Bytes of records that are remembered, parsed: some fifteen thousand that are small, or a dozen of ten thousand parts.</summary>
    public const long MaxRememberedBytes = 16 * CacheLimits.MiB;

    /// <summary>Statuses whose hashes and texts are kept; half a kilobyte each.</summary>
    public const int MaxKnownStatuses = 16 * 1024;

    /// <summary>Characters of the paths of those: what is kept of longer ones would be several times as much.</summary>
    public const int MaxKnownPath = 256;

    /// <summary>Names of buckets of which it is known where they lie: whoever asks for more makes those anew.</summary>
    public const int MaxKnownBuckets = 1024;

    /// <summary>Names of records that a page of a listing holds at a time, 32 bytes each, of all directories that it is in; of larger ones it asks one by one.</summary>
    public const int MaxHeldNames = 50_000;

    /// <summary>Statuses that a page of a listing asks for to find where it begins.</summary>
    public const int MaxProbes = 16;

    /// <summary>Uploads whose records a page of ListMultipartUploads reads.</summary>
    public const int MaxListedUploads = 1000;

    /// <summary>Deletes and look-ups of one request that are under way at a time.</summary>
    public const int Parallelism = 8;
}

namespace Orleans.Cache.Gateway.S3.Requests;

/// <summary>Names of S3's headers, and the one owner that everything has.</summary>
internal static class S3Headers
{
    public const string Amz = "x-amz-";
    public const string Date = "x-amz-date";
    public const string ContentSha256 = "x-amz-content-sha256";
    public const string DecodedContentLength = "x-amz-decoded-content-length";
    public const string Trailer = "x-amz-trailer";
    public const string TrailerSignature = "x-amz-trailer-signature";
    public const string SecurityToken = "x-amz-security-token";
    public const string RequestId = "x-amz-request-id";
    public const string Metadata = "x-amz-meta-";
    public const string Tagging = "x-amz-tagging";
    public const string TaggingCount = "x-amz-tagging-count";
    public const string TaggingDirective = "x-amz-tagging-directive";
    public const string MetadataDirective = "x-amz-metadata-directive";
    public const string CopySource = "x-amz-copy-source";
    public const string CopySourceRange = "x-amz-copy-source-range";
    public const string Checksum = "x-amz-checksum-";
    public const string ChecksumMode = "x-amz-checksum-mode";
    public const string ChecksumType = "x-amz-checksum-type";
    public const string ChecksumAlgorithm = "x-amz-checksum-algorithm";
    public const string SdkChecksumAlgorithm = "x-amz-sdk-checksum-algorithm";
    public const string ObjectSize = "x-amz-mp-object-size";
    public const string PartsCount = "x-amz-mp-parts-count";
    public const string BucketObjectLock = "x-amz-bucket-object-lock-enabled";
    public const string BucketRegion = "x-amz-bucket-region";

    /// <summary>There are no accounts: whoever asks is told of one owner.</summary>
    public const string OwnerId = "ocache";
}

using Amazon.S3;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>A bucket and how to speak to it. Holds secrets: never printed.</summary>
internal sealed class S3Options
{
    public static readonly string[] Names =
    [
        "endpoint", "region", "style", "access-key", "secret-key", "session-token", "profile", "anonymous", "requester-pays", "sse", "kms-key",
        "checksums", "chunk-encoding", .. RemoteOptions.Names,
    ];

    public static readonly string[] Flags = ["anonymous", "requester-pays", "chunk-encoding", .. RemoteOptions.Flags];

    private S3Options(Uri? endpoint, string bucket, string prefix, ConnectorOptions given)
    {
        Bucket = bucket;
        Prefix = prefix;
        Endpoint = RemoteOptions.Endpoint(given) ?? endpoint;
        Region = given.Text("region");
        PathStyle = given.OneOf("style", "path", "host") is { } style ? style == "path" : Endpoint is not null;
        AccessKey = SecretReference.Read(given, "access-key");
        SecretKey = SecretReference.Read(given, "secret-key");
        SessionToken = SecretReference.Read(given, "session-token");
        Profile = given.Text("profile");
        Anonymous = given.Flag("anonymous");
        RequesterPays = given.Flag("requester-pays");
        Encryption = given.OneOf("sse", "AES256", "aws:kms") is { } sse ? new ServerSideEncryptionMethod(sse) : null;
        KmsKey = given.Text("kms-key");
        SupportedChecksums = given.OneOf("checksums", "required", "supported") == "supported";
        ChunkEncoding = given.Flag("chunk-encoding");
        if ((AccessKey is null) != (SecretKey is null))
            throw ConnectorOptions.Invalid("access-key and secret-key belong together; give both or none.");
        if (new[] { AccessKey is not null, Profile is not null, Anonymous }.Count(given => given) > 1)
            throw ConnectorOptions.Invalid("access-key, profile and anonymous are three ways to say who asks; give one of them.");
        if (KmsKey is not null && Encryption?.Value != "aws:kms")
            throw ConnectorOptions.Invalid("kms-key counts with sse=aws:kms only.");
    }

    public string Bucket { get; }

    /// <summary>Without slashes at its ends.</summary>
    public string Prefix { get; }

    /// <summary>Null: Amazon's, of the region.</summary>
    public Uri? Endpoint { get; }

    public string? Region { get; }

    /// <summary>The bucket stands in the path and not in the host's name.</summary>
    public bool PathStyle { get; }

    public string? AccessKey { get; }

    public string? SecretKey { get; }

    public string? SessionToken { get; }

    public string? Profile { get; }

    public bool Anonymous { get; }

    public bool RequesterPays { get; }

    public ServerSideEncryptionMethod? Encryption { get; }

    public string? KmsKey { get; }

    /// <summary>Checksums wherever the protocol has them; several compatible stores fail with them, or store them as content.</summary>
    public bool SupportedChecksums { get; }

    public bool ChunkEncoding { get; }

    /// <summary>Identity of the bucket: the endpoint belongs to it where it is not Amazon's.</summary>
    public string Uri => Endpoint is null ? $"s3://{Bucket}" : $"s3+{Endpoint.Scheme}://{Endpoint.Authority}{Endpoint.AbsolutePath.TrimEnd('/')}/{Bucket}";

    /// <summary>
    /// Reads <c>s3://bucket/prefix</c>; <c>s3a</c> and <c>s3n</c> are what Hadoop calls the same. <c>s3+https://host/bucket/prefix</c>, as an identity
    /// has it, names the endpoint too.
    /// </summary>
    /// <exception cref="CacheException">InvalidArgument.</exception>
    public static S3Options Parse(string uri, ConnectorOptions given)
    {
        string rest = uri[(uri.IndexOf("://", StringComparison.Ordinal) + 3)..];
        Uri? endpoint = null;
        if (uri.StartsWith("s3+http", StringComparison.OrdinalIgnoreCase))
        {
            int host = rest.IndexOf('/');
            if (host <= 0 || !System.Uri.TryCreate(uri[3..(uri.Length - rest.Length + host)], UriKind.Absolute, out endpoint))
                throw ConnectorOptions.Invalid($"'{uri}' names no bucket; write s3+https://host/bucket/prefix.");
            rest = rest[(host + 1)..];
        }
        int slash = rest.IndexOf('/');
        string bucket = slash < 0 ? rest : rest[..slash];
        if (bucket.Length == 0 || bucket.AsSpan().ContainsAny("?#@: "))
            throw ConnectorOptions.Invalid($"'{uri}' names no bucket; write s3://bucket/prefix, and credentials as access-key=env:VARIABLE.");
        return new S3Options(endpoint, bucket, RemoteOptions.Prefix(uri, slash < 0 ? "" : rest[slash..]), given);
    }
}

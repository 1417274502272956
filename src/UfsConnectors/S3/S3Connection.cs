using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>Makes the client: repetitions, timeouts and connections are ours, not the SDK's.</summary>
internal static class S3Connection
{
    public static IUnderStorage Open(string uri, ConnectorOptions given, TimeProvider time) => Open(uri, given, RemoteOptions.Limits(given), time);

    public static ObjectUnderStorage Open(string uri, ConnectorOptions given, RequestLimits limits, TimeProvider time)
    {
        S3Options options = S3Options.Parse(uri, given);
        var policy = new RequestPolicy(options.Uri, limits, time, given.Log);
        SocketsHttpHandler connections = StoreConnections.NewHandler(limits);
        AmazonS3Client client = ClientOf(options, connections);
        var store = new S3Store(client, ObjectsOf(client, options, connections, time), options, limits, IsAmazon(client));
        return new ObjectUnderStorage(store, options.Prefix, policy, given.IsWritable, time);
    }

    /// <summary>The SDK's client, with our settings.</summary>
    public static AmazonS3Client ClientOf(S3Options options, HttpMessageHandler connections)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            MaxErrorRetry = 0,
            // Of its copies from streams to sockets, which would be 8 KiB a system call.
            BufferSize = 128 * CacheLimits.KiB,
            Timeout = Timeout.InfiniteTimeSpan,
            HttpClientFactory = new StoreHttpClients(connections),
            RequestChecksumCalculation = options.SupportedChecksums ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = options.SupportedChecksums ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Profile is { } profile)
            config.Profile = new Profile(profile);
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.ToString();
            // What compatible stores sign with where nobody said otherwise.
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }
        else if (options.Region is { } region)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }
        try
        {
            return CredentialsOf(options) is { } credentials ? new AmazonS3Client(credentials, config) : new AmazonS3Client(config);
        }
        catch (AmazonClientException e)
        {
            throw new CacheException(CacheError.InvalidArgument, $"'{options.Uri}': which region? Give region=NAME or endpoint=URL, or set AWS_REGION.", e);
        }
    }

    /// <summary>Without the SDK wherever a signature of version 4 is all that requests need, and nobody asked for what only the SDK does.</summary>
    public static IS3Objects ObjectsOf(AmazonS3Client client, S3Options options, HttpMessageHandler connections, TimeProvider time)
    {
        var sdk = new SdkObjects(client, options);
        if (options.SupportedChecksums || options.ChunkEncoding || S3Endpoint.Of(client, options.Bucket) is not { } endpoint)
            return sdk;
        var credentials = new S3Credentials(CredentialsOf(options), client.Config, endpoint.Region);
        return new WireObjects(new S3Wire(new HttpMessageInvoker(connections, disposeHandler: false), endpoint, credentials, time), options, IsAmazon(client) ? sdk : null);
    }

    /// <summary>
    /// Nobody named an endpoint, neither an option nor a profile nor the environment: it is Amazon's of the region, whose store is known. Of all others, also of Amazon's behind
    /// an endpoint that somebody named, it is found out what they hold.
    /// </summary>
    private static bool IsAmazon(AmazonS3Client client) => client.Config.ServiceURL is null;

    /// <summary>Null: environment, profiles, web identity, instance role, in the order in which the SDK looks for them.</summary>
    private static AWSCredentials? CredentialsOf(S3Options options) => options switch
    {
        { Anonymous: true } => new AnonymousAWSCredentials(),
        { SessionToken: { } token } => new SessionAWSCredentials(options.AccessKey, options.SecretKey, token),
        { AccessKey: { } key } => new BasicAWSCredentials(key, options.SecretKey),
        _ => null,
    };

    private sealed class StoreHttpClients(HttpMessageHandler connections) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => StoreConnections.NewClient(new WholeAnswers { InnerHandler = connections });

        /// <summary>One client a mount, kept for its life: connections are what makes requests fast.</summary>
        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => true;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public override string GetConfigUniqueString(IClientConfig clientConfig) => Guid.NewGuid().ToString("N");
    }
}

using Azure;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.AzureBlob;

/// <summary>Makes the client: repetitions, timeouts and connections are ours, not the SDK's.</summary>
internal static class AzureConnection
{
    public static IUnderStorage Open(string uri, ConnectorOptions given, TimeProvider time) => Open(uri, given, RemoteOptions.Limits(given), time);

    public static ObjectUnderStorage Open(string uri, ConnectorOptions given, RequestLimits limits, TimeProvider time)
    {
        AzureOptions options = AzureOptions.Parse(uri, given);
        var policy = new RequestPolicy(options.Uri, limits, time, given.Log);
        var http = StoreConnections.NewClient(new PlainBodies { InnerHandler = StoreConnections.NewHandler(limits) });
        return new ObjectUnderStorage(new AzureStore(ClientOf(options, http), http, options), options.Prefix, policy, given.IsWritable, time);
    }

    public static BlobContainerClient ClientOf(AzureOptions options, HttpClient http)
    {
        var client = new BlobClientOptions { Transport = new HttpClientTransport(http) };
        client.Retry.MaxRetries = 0;
        client.Retry.NetworkTimeout = Timeout.InfiniteTimeSpan;
        client.Diagnostics.IsLoggingEnabled = false;
        client.Diagnostics.IsDistributedTracingEnabled = false;
        if (options.ConnectionString is { } connection)
            return new BlobContainerClient(connection, options.Container, client);
        var container = new Uri($"{options.Service.ToString().TrimEnd('/')}/{options.Container}");
        return options switch
        {
            { Key: { } key } => new BlobContainerClient(container, SharedKey(options.Account, key), client),
            { Sas: { } sas } => new BlobContainerClient(container, new AzureSasCredential(sas), client),
            { Anonymous: true } => new BlobContainerClient(container, client),
            _ => new BlobContainerClient(container, new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = options.ClientId }), client),
        };
    }

    private static StorageSharedKeyCredential SharedKey(string account, string key)
    {
        try
        {
            return new StorageSharedKeyCredential(account, key);
        }
        catch (FormatException)
        {
            throw ConnectorOptions.Invalid("key: what stands there is not a key of a storage account (Base64).");
        }
    }
}

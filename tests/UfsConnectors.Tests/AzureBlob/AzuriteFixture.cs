using Azure.Storage.Blobs;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.AzureBlob;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.AzureBlob;

/// <summary>A container of a running Azurite, for tests.</summary>
internal static class AzuriteFixture
{
    public const string Container = "test";

    /// <summary>Azurite's well-known development account; not a secret.</summary>
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly Lazy<Task<Uri>> Endpoint = new(StartAsync);

    /// <summary>URL of the account; the container exists.</summary>
    public static Task<Uri> EndpointAsync() => Endpoint.Value;

    public static async Task<IUnderStorage> OpenAsync()
    {
        IUnderStorage storage = UnderStorageFactory.Create($"az://{Container}/p-{Guid.NewGuid():N}", OptionsOf(await EndpointAsync()), TimeProvider.System);
        await storage.CheckAsync(CancellationToken.None);
        return storage;
    }

    public static ConnectorOptions OptionsOf(Uri endpoint)
    {
        Environment.SetEnvironmentVariable("OCACHE_TEST_AZURE_KEY", Key);
        return new ConnectorOptions
        {
            Values = new Dictionary<string, string> { ["endpoint"] = endpoint.ToString(), ["key"] = "env:OCACHE_TEST_AZURE_KEY" },
            IsWritable = true,
        };
    }

    /// <summary>The SDK alone.</summary>
    public static BlobContainerClient Direct(Uri endpoint) =>
        AzureConnection.ClientOf(AzureOptions.Parse($"az://{Container}", OptionsOf(endpoint)), new HttpClient());

    /// <summary>Empty blobs, without the looks around that the connector takes before it writes.</summary>
    public static async Task PutManyAsync(IUnderStorage storage, IEnumerable<string> keys)
    {
        string prefix = storage.Identity.Uri[(storage.Identity.Uri.LastIndexOf('/') + 1)..];
        BlobContainerClient container = Direct(await EndpointAsync());
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (key, token) =>
            await container.GetBlobClient($"{prefix}/{key}").UploadAsync(BinaryData.Empty, token));
    }

    public static string ConnectionString(Uri endpoint) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={endpoint.ToString().TrimEnd('/')};";

    private static async Task<Uri> StartAsync()
    {
        StorageServer server = await StorageServer.SharedAsync(StorageServer.Azurite);
        var endpoint = new Uri(server.Url, Account);
        await Direct(endpoint).CreateIfNotExistsAsync();
        return endpoint;
    }
}

using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.AzureBlob;

[NeedsServer(StorageServer.Azurite)]
public sealed class AzureContractTests : UnderStorageContract
{
    /// <summary>Azure's SDK and service take a backslash for a slash.</summary>
    protected override bool CanName(string name) => !name.Contains('\\');

    protected override async Task AssertCannotNameAsync(string name)
    {
        Assert.Null(await Storage.GetStatusAsync(name, None));
        await AssertFailsAsync(CacheError.InvalidPath, () => PutAsync(name, Content(1)));
        await AssertFailsAsync(CacheError.NotFound, () => ReadAsync(name, null, 0, 1));
    }

    protected override bool OpensFirst => true;

    protected override Task<IUnderStorage> OpenAsync() => AzuriteFixture.OpenAsync();

    protected override Task PutManyAsync(IEnumerable<string> keys) => AzuriteFixture.PutManyAsync(Storage, keys);
}

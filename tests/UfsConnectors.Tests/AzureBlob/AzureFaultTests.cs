using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.AzureBlob;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.Tests.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.AzureBlob;

[NeedsServer(StorageServer.Azurite)]
public sealed class AzureFaultTests : FaultContract
{
    private protected override Task<Uri> EndpointAsync() => AzuriteFixture.EndpointAsync();

    private protected override IUnderStorage Connect(Uri endpoint, string prefix, RequestLimits limits) =>
        AzureConnection.Open($"az://{AzuriteFixture.Container}/{prefix}", AzuriteFixture.OptionsOf(endpoint), limits, TimeProvider.System);
}

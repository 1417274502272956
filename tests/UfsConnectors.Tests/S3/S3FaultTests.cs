using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UfsConnectors.Tests.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

[NeedsServer(StorageServer.Radosgw)]
public sealed class S3FaultTests : FaultContract
{
    private protected override Task<Uri> EndpointAsync() => S3Fixture.EndpointAsync(StorageServer.Radosgw);

    private protected override IUnderStorage Connect(Uri endpoint, string prefix, RequestLimits limits) =>
        S3Connection.Open($"s3://{S3Fixture.Bucket}/{prefix}", S3Fixture.OptionsOf(endpoint), limits, TimeProvider.System);
}

using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Against Ceph, a complete implementation.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class RadosgwContractTests : UnderStorageContract
{
    protected override bool OpensFirst => true;

    protected override bool Composes => true;

    protected override Task<IUnderStorage> OpenAsync() => S3Fixture.OpenAsync(StorageServer.Radosgw);

    protected override Task PutManyAsync(IEnumerable<string> keys) => S3Fixture.PutManyAsync(StorageServer.Radosgw, Storage, keys);
}

using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>radosgw behind a proxy that makes faults; a prefix of its own.</summary>
public abstract class FaultyS3Fixture : UnderStorageFixture
{
    private Uri _endpoint = null!;

    protected FaultProxy Proxy { get; private set; } = null!;

    /// <summary>What differs from a mount's.</summary>
    private protected abstract RequestLimits Limits { get; }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Proxy.DisposeAsync();
    }

    protected override async Task<IUnderStorage> OpenAsync()
    {
        _endpoint = await S3Fixture.EndpointAsync(StorageServer.Radosgw);
        Proxy = new FaultProxy(_endpoint);
        return Open();
    }

    /// <summary>Another mount of it.</summary>
    protected IUnderStorage Open(params string[] options) =>
        S3Connection.Open($"s3://{S3Fixture.Bucket}/f-{Guid.NewGuid():N}", S3Fixture.OptionsOf(Proxy.Url, options), Limits, TimeProvider.System);

    /// <summary>No upload was left behind.</summary>
    protected async Task ExpectNoUploadAsync()
    {
        using AmazonS3Client client = S3Fixture.Direct(_endpoint);
        ListMultipartUploadsResponse uploads = await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = S3Fixture.Bucket });
        string mine = Storage.Identity.Uri[(Storage.Identity.Uri.LastIndexOf('/') + 1)..];
        Assert.DoesNotContain(uploads.MultipartUploads ?? [], u => u.Key.StartsWith(mine, StringComparison.Ordinal));
    }
}

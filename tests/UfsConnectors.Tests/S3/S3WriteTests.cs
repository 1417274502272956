using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Uploads in parts, and what happens to them.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3WriteTests : UnderStorageFixture
{
    private const int Part = 5 * CacheLimits.MiB;

    private Uri _endpoint = null!;
    private FaultProxy _proxy = null!;

    [ServerTheory]
    [InlineData(Part - 1)]
    [InlineData(Part)]
    [InlineData(Part + 1)]
    [InlineData(3 * Part)]
    [InlineData((3 * Part) + 12_345)]
    [InlineData(4 * Part)]
    [InlineData((9 * Part) + 1)]
    public async Task A_content_of_any_length_is_stored_as_it_is(int length)
    {
        UfsStatus written = await PutAsync("file", Content(length));
        Assert.Equal(length, written.Length);
        Assert.Equal(written, await StatusAsync("file"));
        Assert.Equal(Content(length), await ReadAllAsync("file"));
    }

    [ServerFact]
    public async Task Parts_that_fail_once_are_sent_again()
    {
        int part = 0;
        _proxy.Faults = r => r.Target.Contains("partNumber=2", StringComparison.Ordinal) && part++ == 0 ? new Fault { Status = 500 } : null;
        await PutAsync("file", Content(3 * Part));
        Assert.Equal(Content(3 * Part), await ReadAllAsync("file"));
        Assert.Equal(2, part);
    }

    [ServerFact]
    public async Task An_upload_that_fails_leaves_the_old_file_and_no_parts()
    {
        await PutAsync("file", Content(10));
        _proxy.Faults = r => r.Target.Contains("partNumber=2", StringComparison.Ordinal) ? new Fault { Status = 403, Code = "AccessDenied" } : null;
        await AssertFailsAsync(CacheError.AccessDenied, () => PutAsync("file", Content(3 * Part)));
        Assert.Equal(Content(10), await ReadAllAsync("file"));
        await ExpectNoPartsAsync();
    }

    [ServerFact]
    public async Task A_content_that_breaks_off_behind_a_part_leaves_no_parts()
    {
        await Assert.ThrowsAsync<IOException>(() => Storage.CreateAsync("file", new Breaking(2 * Part), None));
        Assert.Null(await Storage.GetStatusAsync("file", None));
        await ExpectNoPartsAsync();
    }

    [ServerFact]
    public async Task What_a_store_keeps_wrongly_is_found_and_deleted()
    {
        // Between us and the store something cuts what is told of the object: as if it had kept less.
        _proxy.Faults = r => r.Method == "HEAD" ? new Fault { CutBody = 1 } : null;
        await AssertFailsAsync(CacheError.Unavailable, () => PutAsync("file", Content(100)));
        _proxy.Faults = _ => null;
        Assert.Null(await Storage.GetStatusAsync("file", None));
    }

    [ServerFact]
    public async Task What_is_changed_on_its_way_to_the_store_is_sent_again()
    {
        int puts = 0;
        _proxy.Faults = r => r.Method == "PUT" && puts++ == 0 ? new Fault { ChangeSent = true } : null;
        await PutObjectAsync("file", Content(100));
        Assert.Equal(2, puts);
        Assert.Equal(Content(100), await ReadAllAsync("file"));
    }

    [ServerFact]
    public async Task What_is_always_changed_on_its_way_to_the_store_fails_and_leaves_what_was_there()
    {
        await PutObjectAsync("file", Content(10));
        _proxy.Faults = r => r.Method == "PUT" ? new Fault { ChangeSent = true } : null;
        await AssertFailsAsync(CacheError.Unavailable, () => PutObjectAsync("file", Content(100)));
        Assert.Equal(Content(10), await ReadAllAsync("file"));
    }

    /// <summary>As those of buckets that are encrypted with keys of Amazon's.</summary>
    [ServerFact]
    public async Task An_object_whose_tag_is_no_MD5_costs_one_request_too()
    {
        _proxy.Requests.Clear();
        _proxy.Faults = r => r.Method == "PUT" ? new Fault { ETag = "0123456789abcdef0123456789abcdef" } : null;
        UfsStatus written = await PutObjectAsync("file", Content(100));
        Assert.Equal("0123456789abcdef0123456789abcdef", written.Version.Token);
        Assert.Equal("PUT", Assert.Single(_proxy.Requests).Method);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    protected override async Task<IUnderStorage> OpenAsync()
    {
        _endpoint = await S3Fixture.EndpointAsync(StorageServer.Radosgw);
        _proxy = new FaultProxy(_endpoint);
        var limits = new RequestLimits { PartBytes = Part, RetryDelay = TimeSpan.FromMilliseconds(5) };
        return S3Connection.Open($"s3://{S3Fixture.Bucket}/w-{Guid.NewGuid():N}", S3Fixture.OptionsOf(_proxy.Url), limits, TimeProvider.System);
    }

    private async Task<UfsStatus> PutObjectAsync(string key, byte[] content)
    {
        using var body = new MemoryStream(content);
        return await Storage.CreateObjectAsync(key, body, new ObjectWrite(WriteCondition.None, _ => UfsAttributes.None), None);
    }

    private async Task ExpectNoPartsAsync()
    {
        using AmazonS3Client client = S3Fixture.Direct(_endpoint);
        ListMultipartUploadsResponse uploads = await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = S3Fixture.Bucket });
        string mine = Storage.Identity.Uri[(Storage.Identity.Uri.LastIndexOf('/') + 1)..];
        Assert.DoesNotContain(uploads.MultipartUploads ?? [], u => u.Key.StartsWith(mine, StringComparison.Ordinal));
    }

    private sealed class Breaking(int bytes) : MemoryStream(new byte[bytes])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new IOException("The content broke off.");
    }
}

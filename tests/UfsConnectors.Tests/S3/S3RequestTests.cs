using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>What options put into requests, and how long copies are made; looked at between the connector and Ceph.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3RequestTests : IAsyncLifetime
{
    private const int Part = 5 * CacheLimits.MiB;

    private FaultProxy _proxy = null!;

    private static CancellationToken None => CancellationToken.None;

    public async Task InitializeAsync() => _proxy = new FaultProxy(await S3Fixture.EndpointAsync(StorageServer.Radosgw));

    public Task DisposeAsync() => _proxy.DisposeAsync().AsTask();

    [ServerFact]
    public async Task Every_request_says_that_we_pay_where_the_mount_says_so()
    {
        await using IUnderStorage storage = Open("requester-pays");
        await storage.CheckAsync(None);
        await storage.CreateAsync("dir/small", new MemoryStream(new byte[100]), default, None);
        await storage.CreateAsync("dir/large", new MemoryStream(new byte[2 * Part]), default, None);
        Assert.Equal(100, (await storage.GetStatusAsync("dir/small", None))!.Length);
        Assert.Equal(new byte[100], await ReadAsync(storage, "dir/small", 100));
        await storage.RenameAsync("dir/small", "dir/moved", None);
        await storage.DeleteAsync("dir/moved", None);

        Assert.All(_proxy.Requests, r => Assert.Equal("requester", r.Header("x-amz-request-payer")));
        Assert.Equal(["DELETE", "GET", "HEAD", "POST", "PUT"], _proxy.Requests.Select(r => r.Method).Distinct().Order());
    }

    [ServerFact]
    public async Task Nobody_pays_unasked()
    {
        await using IUnderStorage storage = Open();
        await storage.CheckAsync(None);
        Assert.All(_proxy.Requests, r => Assert.Null(r.Header("x-amz-request-payer")));
    }

    /// <summary>Ceph encrypts over TLS only, so the proxy answers what would be written.</summary>
    [ServerTheory]
    [InlineData("AES256", null)]
    [InlineData("aws:kms", "key-7")]
    public async Task What_is_written_asks_to_be_encrypted(string method, string? key)
    {
        await using IUnderStorage storage = Open(key is null ? [$"sse={method}"] : [$"sse={method}", $"kms-key={key}"]);
        await S3Fixture.PutAsync(await S3Fixture.EndpointAsync(StorageServer.Radosgw), $"{PrefixOf(storage)}/there", [1]);
        _proxy.Faults = r => r.Header("x-amz-server-side-encryption") is null ? null : new Fault { Status = 403, Code = "AccessDenied" };

        await Assert.ThrowsAsync<CacheException>(() => storage.CreateAsync("small", new MemoryStream(new byte[10]), default, None));
        await Assert.ThrowsAsync<CacheException>(() => storage.CreateAsync("large", new MemoryStream(new byte[2 * Part]), default, None));
        await Assert.ThrowsAsync<CacheException>(() => storage.RenameAsync("there", "copy", None));

        ProxiedRequest[] writes = [.. _proxy.Requests.Where(r => r.Method is "PUT" or "POST")];
        Assert.Equal(3, writes.Length);
        Assert.All(writes, r => Assert.Equal((method, key), (r.Header("x-amz-server-side-encryption"), r.Header("x-amz-server-side-encryption-aws-kms-key-id"))));
        Assert.NotNull(await storage.GetStatusAsync("there", None));
    }

    [ServerFact]
    public async Task A_long_object_is_copied_in_parts_and_one_that_changes_meanwhile_is_left()
    {
        byte[] content = new byte[(3 * Part) + 1234];
        new Random(1).NextBytes(content);
        await using ObjectUnderStorage storage = Open(new RequestLimits { PartBytes = Part, MaxCopyBytes = 2 * Part, CopyPartBytes = Part, RetryDelay = TimeSpan.FromMilliseconds(5) });
        await storage.CreateAsync("from", new MemoryStream(content), default, None);

        await storage.RenameAsync("from", "to", None);
        ProxiedRequest[] parts = [.. _proxy.Requests.Where(r => r.Header("x-amz-copy-source") is not null)];
        Assert.Equal(
            [$"bytes=0-{Part - 1}", $"bytes={Part}-{(2 * Part) - 1}", $"bytes={2 * Part}-{(3 * Part) - 1}", $"bytes={3 * Part}-{content.Length - 1}"],
            parts.Select(r => r.Header("x-amz-copy-source-range")));
        Assert.All(parts, r => Assert.NotNull(r.Header("x-amz-copy-source-if-match")));
        Assert.Null(await storage.GetStatusAsync("from", None));
        Assert.Equal(content, await ReadAsync(storage, "to", content.Length));

        _proxy.Faults = r => r.Header("x-amz-copy-source-range") == $"bytes={Part}-{(2 * Part) - 1}" ? new Fault { Status = 412, Code = "PreconditionFailed" } : null;
        await Assert.ThrowsAsync<CacheException>(() => storage.RenameAsync("to", "again", None));
        Assert.NotNull(await storage.GetStatusAsync("to", None));
        Assert.Null(await storage.GetStatusAsync("again", None));
        Assert.Contains(_proxy.Requests, r => r.Method == "DELETE" && r.Target.Contains("uploadId", StringComparison.Ordinal));
    }

    [ServerTheory]
    [InlineData(403, "AccessDenied", CacheError.AccessDenied, false)]
    [InlineData(400, "InvalidRequest", CacheError.Unavailable, true)]
    [InlineData(500, "InternalError", CacheError.Unavailable, false)]
    [InlineData(503, "SlowDown", CacheError.Unavailable, false)]
    public async Task Refusals_are_told_from_failures(int status, string code, CacheError error, bool isRefusal)
    {
        await using ObjectUnderStorage storage = Open(new RequestLimits { Attempts = 1 });
        _proxy.Faults = _ => new Fault { Status = status, Code = code };
        CacheException refused = await Assert.ThrowsAsync<CacheException>(async () => await storage.GetStatusAsync("f", None));
        Assert.Equal((error, isRefusal), (refused.Error, refused.IsRefusal));
    }

    [ServerFact]
    public async Task A_bucket_that_is_gone_is_a_refusal()
    {
        await using ObjectUnderStorage storage = S3Connection.Open("s3://no-such-bucket-here/p", S3Fixture.OptionsOf(_proxy.Url), new RequestLimits(), TimeProvider.System);
        CacheException refused = await Assert.ThrowsAsync<CacheException>(async () => await storage.GetStatusAsync("f", None));
        Assert.Equal((CacheError.Unavailable, true), (refused.Error, refused.IsRefusal));
    }

    private static async Task<byte[]> ReadAsync(IUnderStorage storage, string key, int length)
    {
        byte[] bytes = new byte[length];
        await using IUfsReader reader = await storage.OpenReadAsync(key, null, 0, length, None);
        for (int done = 0, read; (read = await reader.ReadAsync(bytes.AsMemory(done), None)) > 0; done += read)
        {
            // The reader gives no more than was asked for.
        }
        return bytes;
    }

    private static string PrefixOf(IUnderStorage storage) => storage.Identity.Uri[(storage.Identity.Uri.LastIndexOf('/') + 1)..];

    private IUnderStorage Open(params string[] options) => S3Fixture.Connect(_proxy.Url, "r-" + Guid.NewGuid().ToString("N"), ["part-size=5", .. options]);

    private ObjectUnderStorage Open(RequestLimits limits) =>
        S3Connection.Open($"s3://{S3Fixture.Bucket}/r-{Guid.NewGuid():N}", S3Fixture.OptionsOf(_proxy.Url), limits, TimeProvider.System);
}

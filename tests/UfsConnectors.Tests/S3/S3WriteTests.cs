using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Uploads in parts, and what happens to them.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3WriteTests : FaultyS3Fixture
{
    private const int Part = 5 * CacheLimits.MiB;

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
        Proxy.Faults = r => r.Target.Contains("partNumber=2", StringComparison.Ordinal) && part++ == 0 ? new Fault { Status = 500 } : null;
        await PutAsync("file", Content(3 * Part));
        Assert.Equal(Content(3 * Part), await ReadAllAsync("file"));
        Assert.Equal(2, part);
    }

    [ServerFact]
    public async Task An_upload_that_fails_leaves_the_old_file_and_no_parts()
    {
        await PutAsync("file", Content(10));
        Proxy.Faults = r => r.Target.Contains("partNumber=2", StringComparison.Ordinal) ? new Fault { Status = 403, Code = "AccessDenied" } : null;
        await AssertFailsAsync(CacheError.AccessDenied, () => PutAsync("file", Content(3 * Part)));
        Assert.Equal(Content(10), await ReadAllAsync("file"));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task A_content_that_breaks_off_behind_a_part_leaves_no_parts()
    {
        await Assert.ThrowsAsync<IOException>(() => Storage.CreateAsync("file", new Breaking(2 * Part), None));
        Assert.Null(await Storage.GetStatusAsync("file", None));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task What_a_store_keeps_wrongly_is_found_and_deleted()
    {
        // Between us and the store something cuts what is told of the object: as if it had kept less.
        Proxy.Faults = r => r.Method == "HEAD" ? new Fault { CutBody = 1 } : null;
        await AssertFailsAsync(CacheError.Unavailable, () => PutAsync("file", Content(100)));
        Proxy.Faults = _ => null;
        Assert.Null(await Storage.GetStatusAsync("file", None));
    }

    [ServerFact]
    public async Task What_is_changed_on_its_way_to_the_store_is_sent_again()
    {
        int puts = 0;
        Proxy.Faults = r => r.Method == "PUT" && puts++ == 0 ? new Fault { ChangeSent = true } : null;
        await PutObjectAsync("file", Content(100));
        Assert.Equal(2, puts);
        Assert.Equal(Content(100), await ReadAllAsync("file"));
    }

    [ServerFact]
    public async Task What_is_always_changed_on_its_way_to_the_store_fails_and_leaves_what_was_there()
    {
        await PutObjectAsync("file", Content(10));
        Proxy.Faults = r => r.Method == "PUT" ? new Fault { ChangeSent = true } : null;
        await AssertFailsAsync(CacheError.Unavailable, () => PutObjectAsync("file", Content(100)));
        Assert.Equal(Content(10), await ReadAllAsync("file"));
    }

    /// <summary>As those of buckets that are encrypted with keys of Amazon's.</summary>
    [ServerFact]
    public async Task An_object_whose_tag_is_no_MD5_costs_one_request_too()
    {
        Proxy.Requests.Clear();
        Proxy.Faults = r => r.Method == "PUT" ? new Fault { ETag = "0123456789abcdef0123456789abcdef" } : null;
        UfsStatus written = await PutObjectAsync("file", Content(100));
        Assert.Equal("0123456789abcdef0123456789abcdef", written.Version.Token);
        Assert.Equal("PUT", Assert.Single(Proxy.Requests).Method);
    }

    /// <summary>Its framing may have been taken for content.</summary>
    [ServerFact]
    public async Task What_is_sent_in_signed_chunks_is_looked_at_afterwards()
    {
        await using IUnderStorage chunked = Open("chunk-encoding");
        Proxy.Requests.Clear();
        await PutObjectAsync(chunked, "file", Content(100));
        Assert.Equal(["PUT", "HEAD"], Proxy.Requests.Select(r => r.Method));
    }

    private protected override RequestLimits Limits => new() { PartBytes = Part, RetryDelay = TimeSpan.FromMilliseconds(5) };

    private Task<UfsStatus> PutObjectAsync(string key, byte[] content) => PutObjectAsync(Storage, key, content);

    private static async Task<UfsStatus> PutObjectAsync(IUnderStorage storage, string key, byte[] content)
    {
        using var body = new MemoryStream(content);
        return await storage.CreateObjectAsync(key, body, new ObjectWrite(WriteCondition.None, _ => UfsAttributes.None), None);
    }

    private sealed class Breaking(int bytes) : MemoryStream(new byte[bytes])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new IOException("The content broke off.");
    }
}

using Orleans.Cache.Client;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>A stream is of one version, from its first byte to its last, whatever happens to the source meanwhile.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class VersionTests(SdkNodes nodes) : IClassFixture<SdkNodes>, IAsyncLifetime
{
    private const int Length = 8 * CacheLimits.MiB;

    private readonly byte[] _old = ContentOf(1);
    private readonly byte[] _new = ContentOf(2);
    private CacheClient _client = null!;

    public async Task InitializeAsync() => _client = await nodes.ConnectAsync(new CacheClientOptions { ReadAheadBytes = 0 });

    public async Task DisposeAsync() => await _client.DisposeAsync();

    [Theory]
    [InlineData("/rw/first")]
    [InlineData("/strict/first")]
    public async Task The_version_is_that_of_the_first_read_not_of_the_opening(string path)
    {
        nodes.Write(path, _old);
        await using CacheReadStream stream = await _client.OpenReadAsync(path);
        Replace(path, _new);

        byte[] content = new byte[Length];
        await stream.ReadExactlyAsync(content);

        Assert.True(content.AsSpan().SequenceEqual(_new));
        Assert.Equal((await _client.GetStatusAsync(path)).File, stream.Status.File);
    }

    [Theory]
    [InlineData("/rw/changed")]
    [InlineData("/strict/changed")]
    public async Task What_is_gone_from_the_source_is_Changed_and_never_mixed(string path)
    {
        nodes.Write(path, _old);
        await using CacheReadStream stream = await _client.OpenReadAsync(path);
        byte[] content = new byte[Length];
        await stream.ReadExactlyAsync(content.AsMemory(0, 1000));
        Replace(path, _new);

        stream.Position = 5 * CacheLimits.MiB;
        for (int i = 0; i < 2; i++)
        {
            CacheException changed = await Assert.ThrowsAsync<CacheException>(async () => await stream.ReadExactlyAsync(content, 0, 10));
            Assert.Equal(CacheError.Changed, changed.Error);
            Assert.Equal(5 * CacheLimits.MiB, stream.Position);
        }
        await using CacheReadStream now = await _client.OpenReadAsync(path);
        await now.ReadExactlyAsync(content);
        Assert.True(content.AsSpan().SequenceEqual(_new));
    }

    [Fact]
    public async Task Who_has_seen_the_length_keeps_the_version()
    {
        nodes.Write("/rw/seen", _old);
        await using CacheReadStream stream = await _client.OpenReadAsync("/rw/seen");
        Assert.Equal(Length, stream.Length);
        Replace("/rw/seen", _new[..100]);

        CacheException changed = await Assert.ThrowsAsync<CacheException>(async () => await stream.ReadExactlyAsync(new byte[10]));

        Assert.Equal(CacheError.Changed, changed.Error);
    }

    [Fact]
    public async Task A_version_that_is_cached_is_read_to_its_end_after_the_source_has_another()
    {
        nodes.Write("/rw/cached", _old);
        await nodes.Cluster[1].ReadUntilCachedAsync("/rw/cached");
        FileStatus old = await _client.GetStatusAsync("/rw/cached");
        Replace("/rw/cached", _new);

        byte[] content = new byte[Length];
        await using CacheReadStream stream = _client.OpenRead(old);
        await stream.ReadExactlyAsync(content);
        Assert.True(content.AsSpan().SequenceEqual(_old));
        Array.Clear(content);
        Assert.Equal(Length, await _client.ReadAsync(old, 0, content));
        Assert.True(content.AsSpan().SequenceEqual(_old));
    }

    [Fact]
    public async Task A_status_of_before_reads_no_other_version()
    {
        nodes.Write("/rw/status", _old);
        FileStatus old = await _client.GetStatusAsync("/rw/status");
        Replace("/rw/status", _new);

        CacheException changed = await Assert.ThrowsAsync<CacheException>(async () => await _client.ReadAsync(old, 0, new byte[Length]));
        Assert.Equal(CacheError.Changed, changed.Error);
        File.Delete(Path.Combine(nodes.Source, "rw/status"));
        CacheException gone = await Assert.ThrowsAsync<CacheException>(async () => await _client.OpenRead(old).ReadExactlyAsync(new byte[10]));
        Assert.Contains(gone.Error, (CacheError[])[CacheError.Changed, CacheError.NotFound]);
    }

    private static byte[] ContentOf(int seed)
    {
        byte[] content = new byte[Length];
        new Random(seed).NextBytes(content);
        return content;
    }

    /// <summary>As careful programs do: another file takes the place.</summary>
    private void Replace(string path, byte[] content)
    {
        nodes.Write(path + ".new", content);
        string full = Path.Combine(nodes.Source, path[1..]);
        File.Move(full + ".new", full, overwrite: true);
    }
}

using System.Security.Cryptography;
using Orleans.Cache.Client;
using Orleans.Cache.Files;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>A file of the cache as a <see cref="Stream"/>: every byte the file's, every member as streams have it.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class StreamTests(SdkNodes nodes) : IClassFixture<SdkNodes>, IAsyncLifetime
{
    private readonly ClientFigures _figures = new();
    private CacheClient _client = null!;

    public async Task InitializeAsync() => _client = await nodes.ConnectAsync();

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        Assert.True(_figures.HoldsNothing);
        _figures.Dispose();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    [InlineData(3 * CacheLimits.MiB + 1)]
    [InlineData(100 * CacheLimits.MiB)]
    public async Task Reading_in_order_gives_every_byte_whatever_the_size_of_the_reads(int size)
    {
        // Small reads of all of it would be two hundred thousand.
        int end = (int)Math.Min(nodes.Medium.Length, 20_000L * size);
        await using CacheReadStream stream = await _client.OpenReadAsync("/data/medium");
        byte[] content = new byte[end];
        for (int at = 0, read; at < end; at += read)
        {
            read = await stream.ReadAsync(content.AsMemory(at, Math.Min(size, end - at)));
            Assert.InRange(read, 1, size);
            Assert.Equal(at + read, stream.Position);
        }
        Assert.True(content.AsSpan().SequenceEqual(nodes.Medium.AsSpan(0, end)));
    }

    [Fact]
    public async Task Read_ahead_crosses_stripes_and_owners()
    {
        await using CacheReadStream stream = await _client.OpenReadAsync(nodes.Big);
        Assert.Equal(SdkNodes.BigLength, stream.Length);
        stream.Position = SdkNodes.BigLength - SdkNodes.TailBytes;
        Assert.True(stream.Position < CacheFile.StripeBytes);

        byte[] content = new byte[SdkNodes.TailBytes];
        byte[] piece = new byte[100_000];
        for (int at = 0, read; (read = await stream.ReadAsync(piece)) > 0; at += read)
            piece.AsSpan(0, read).CopyTo(content.AsSpan(at));

        Assert.True(content.AsSpan().SequenceEqual(nodes.Tail));
        Assert.Equal(stream.Length, stream.Position);
        Assert.InRange(_figures.PeakOf(ClientFigures.Buffers), CacheLimits.MiB, new CacheClientOptions().ReadAheadBytes);
        Assert.Equal(0, _figures["ocache.client.readahead.unused.bytes"]);
        Assert.Equal(content.Length, _figures["ocache.client.read.bytes"]);
        Assert.Equal(0, _figures["ocache.client.failovers"]);
        // 160 reads of 100 kB in far fewer requests.
        Assert.InRange(_figures["ocache.client.ranges"], 2, 40);
    }

    [Fact]
    public async Task Nothing_is_read_ahead_for_who_jumps_or_does_not_want_it()
    {
        var random = new Random(7);
        byte[] buffer = new byte[10_000];
        await using (CacheReadStream stream = await _client.OpenReadAsync("/data/medium"))
        {
            for (int i = 0; i < 50; i++)
            {
                stream.Position = random.Next(nodes.Medium.Length - buffer.Length) | 1;
                await stream.ReadExactlyAsync(buffer);
            }
        }
        await using CacheClient without = await nodes.ConnectAsync(new CacheClientOptions { ReadAheadBytes = 0 });
        await using (CacheReadStream stream = await without.OpenReadAsync("/data/medium"))
        {
            for (int i = 0; i < 50; i++)
                await stream.ReadExactlyAsync(buffer);
        }
        Assert.Equal(100 * buffer.Length, _figures["ocache.client.read.bytes"]);
        Assert.Equal(0, _figures.PeakOf(ClientFigures.Buffers));
    }

    [Fact]
    public async Task Random_seeks_and_reads_give_the_files_bytes()
    {
        var random = new Random(11);
        await using CacheReadStream stream = await _client.OpenReadAsync("/data/medium");
        byte[] buffer = new byte[2 * CacheLimits.MiB];
        long position = 0;
        for (int i = 0; i < 400; i++)
        {
            // Half of them go on, some a little forward or back, as readers of archives do.
            position = random.Next(6) switch
            {
                0 => random.Next(nodes.Medium.Length + 100),
                1 => Math.Max(0, position - random.Next(100_000)),
                2 => position + random.Next(300_000),
                _ => position,
            };
            Assert.Equal(position, random.Next(3) switch
            {
                0 => stream.Seek(position, SeekOrigin.Begin),
                1 => stream.Seek(position - stream.Position, SeekOrigin.Current),
                _ => stream.Seek(position - nodes.Medium.Length, SeekOrigin.End),
            });
            int wanted = random.Next(random.Next(2) == 0 ? 5000 : buffer.Length);
            int read = await stream.ReadAtLeastAsync(buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false);
            Assert.Equal(Math.Clamp(nodes.Medium.Length - position, 0, wanted), read);
            Assert.True(buffer.AsSpan(0, read).SequenceEqual(nodes.Medium.AsSpan((int)Math.Min(position, nodes.Medium.Length), read)), $"wrong bytes at {position}, read {i}");
            position += read;
        }
    }

    [Fact]
    public async Task It_behaves_as_a_stream_does()
    {
        CacheReadStream stream = await _client.OpenReadAsync("/data/medium");
        Assert.Equal((true, true, false, false), (stream.CanRead, stream.CanSeek, stream.CanWrite, stream.CanTimeout));
        Assert.Equal((nodes.Medium.Length, 0L), (stream.Length, stream.Position));
        Assert.Equal("/data/medium", stream.Status.Path.Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Position = -1);
        Assert.Throws<IOException>(() => stream.Seek(-1, SeekOrigin.Begin));
        Assert.Throws<IOException>(() => stream.Seek(-nodes.Medium.Length - 1L, SeekOrigin.End));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(1));
        Assert.Throws<NotSupportedException>(() => stream.Write([1], 0, 1));
        Assert.Throws<NotSupportedException>(() => stream.WriteByte(1));
        await stream.FlushAsync();

        byte[] buffer = new byte[10];
        stream.Position = stream.Length + 1000;
        Assert.Equal(0, await stream.ReadAsync(buffer));
        stream.Position = stream.Length - 3;
        Assert.Equal(3, await stream.ReadAsync(buffer));
        Assert.Equal(0, await stream.ReadAsync(buffer));
        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty));
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await stream.ReadExactlyAsync(buffer));

        await stream.DisposeAsync();
        await stream.DisposeAsync();
        Assert.Equal((false, false), (stream.CanRead, stream.CanSeek));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.ReadExactlyAsync(buffer));
        Assert.Throws<ObjectDisposedException>(() => stream.Length);
        Assert.Throws<ObjectDisposedException>(() => stream.Position = 1);
    }

    [Fact]
    public async Task An_empty_file_is_at_its_end()
    {
        await using CacheReadStream stream = await _client.OpenReadAsync("/data/empty");
        Assert.Equal(0, stream.Length);
        Assert.Equal(0, await stream.ReadAsync(new byte[10]));
        using var copied = new MemoryStream();
        await stream.CopyToAsync(copied);
        Assert.Equal(0, copied.Length);
        Assert.Equal(0, await _client.ReadAsync(stream.Status, 0, new byte[10]));
    }

    [Fact]
    public async Task Synchronous_reads_and_copies_give_the_same_bytes()
    {
        byte[] expected = SHA256.HashData(nodes.Medium);
        await Task.Run(() =>
        {
            using CacheReadStream stream = _client.OpenReadAsync("/data/medium").GetAwaiter().GetResult();
            Assert.Equal(nodes.Medium[0], stream.ReadByte());
            byte[] two = new byte[2];
            stream.ReadExactly(two, 0, 2);
            Assert.Equal(nodes.Medium[1..3], two);
            stream.ReadExactly(two.AsSpan());
            Assert.Equal(nodes.Medium[3..5], two);
            stream.Position = 0;
            Assert.Equal(expected, SHA256.HashData(stream));
            stream.Position = nodes.Medium.Length - 4;
            using var rest = new MemoryStream();
            stream.CopyTo(rest);
            Assert.Equal(nodes.Medium[^4..], rest.ToArray());
        });
        await using CacheReadStream again = await _client.OpenReadAsync("/data/medium");
        Assert.Equal(expected, await SHA256.HashDataAsync(again));
        again.Position = 5;
        using var copied = new MemoryStream();
        await again.CopyToAsync(copied);
        Assert.True(copied.ToArray().AsSpan().SequenceEqual(nodes.Medium.AsSpan(5)));
        await NodeProcess.UntilAsync(() => Task.FromResult(_figures.HoldsNothing), "memory of a stream that is closed");
    }

    [Fact]
    public async Task A_status_opens_without_asking_and_a_directory_does_not_open()
    {
        FileStatus status = await _client.GetStatusAsync("/data/medium");
        await using CacheReadStream stream = _client.OpenRead(status);
        byte[] buffer = new byte[1000];
        await stream.ReadExactlyAsync(buffer);
        Assert.Equal(nodes.Medium[..1000], buffer);
        FileStatus directory = await _client.GetStatusAsync("/data/tree");
        Assert.Equal(CacheError.IsDirectory, Assert.Throws<CacheException>(() => _client.OpenRead(directory)).Error);
        Assert.Equal(CacheError.IsDirectory, (await Assert.ThrowsAsync<CacheException>(() => _client.OpenReadAsync("/data/tree"))).Error);
        Assert.Equal(CacheError.IsDirectory, (await Assert.ThrowsAsync<CacheException>(async () => await _client.ReadAsync(directory, 0, buffer))).Error);
    }

    [Fact]
    public async Task Many_streams_share_a_bounded_memory_and_all_read_right()
    {
        long budget = 3L * CacheLimits.MiB;
        await using CacheClient client = await nodes.ConnectAsync(new CacheClientOptions { BufferBytes = budget });
        byte[] expected = SHA256.HashData(nodes.Medium);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using CacheReadStream stream = await client.OpenReadAsync("/data/medium");
            Assert.Equal(expected, await SHA256.HashDataAsync(stream));
        }));

        Assert.InRange(_figures.PeakOf(ClientFigures.Buffers), 1, budget);
    }

    [Fact]
    public async Task Ranges_are_read_into_the_callers_memory_in_parallel_and_across_owners()
    {
        FileStatus big = await _client.GetStatusAsync(nodes.Big);
        long from = SdkNodes.BigLength - SdkNodes.TailBytes;
        byte[] buffer = new byte[SdkNodes.TailBytes + 100];
        Assert.Equal(SdkNodes.TailBytes, await _client.ReadAsync(big, from, buffer));
        Assert.True(buffer.AsSpan(0, SdkNodes.TailBytes).SequenceEqual(nodes.Tail));
        Assert.Equal(new byte[100], buffer[^100..]);

        var random = new Random(13);
        foreach (int ranges in (int[])[1, 2, 4, 7, 64])
        {
            await using CacheClient client = await nodes.ConnectAsync(new CacheClientOptions { RangesInFlight = ranges });
            for (int i = 0; i < 5; i++)
            {
                int start = random.Next(SdkNodes.TailBytes), length = random.Next(SdkNodes.TailBytes - start);
                Array.Fill(buffer, (byte)0xEE);
                Assert.Equal(length, await client.ReadAsync(big, from + start, buffer.AsMemory(10, length)));
                Assert.True(buffer.AsSpan(10, length).SequenceEqual(nodes.Tail.AsSpan(start, length)), $"{length} bytes at {start} in {ranges} ranges");
                Assert.Equal(0xEE, buffer[9]);
                Assert.Equal(0xEE, buffer[10 + length]);
            }
        }
        Assert.Equal(0, await _client.ReadAsync(big, big.Length, buffer));
        Assert.Equal(0, await _client.ReadAsync(big, long.MaxValue, buffer));
        Assert.Equal(0, await _client.ReadAsync(big, 0, Memory<byte>.Empty));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await _client.ReadAsync(big, -1, buffer));
    }
}

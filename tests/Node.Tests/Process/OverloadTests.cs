using System.Net;
using System.Net.Sockets;
using System.Text;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>
/// A thousand clients that read a few bytes and stop, and a storm of cold reads beside them, on a node as it is started by default:
/// memory and descriptors stay within their limits, others are served, and all comes back when the clients have gone.
/// </summary>
public sealed class OverloadTests(ITestOutputHelper output)
{
    private const int SlowReaders = 1000;
    private const int StormReaders = 8;
    private const long StormBytes = 128L * CacheLimits.MiB;
    private const long SparseLength = 64L * CacheLimits.GiB;

    /// <summary>
    /// What the process may hold at its default limits: CacheLimits.FillBufferBytes (128 MiB), a chunk of 32 KiB and the request around
    /// it for each client that does not take its bytes, the engine's tables, the runtime.
    /// </summary>
    private const long MemoryBound = 300L * CacheLimits.MiB;

    /// <summary>Beside a socket a client: the backing files of two contents, the runtime's own.</summary>
    private const int OtherDescriptors = 300;

    [Fact]
    public async Task A_thousand_stalled_readers_and_a_fill_storm_stay_within_the_limits_and_leave_nothing_behind()
    {
        using var source = new TemporaryDirectory(onTmpfs: true);
        using var store = new TemporaryDirectory(onTmpfs: true);
        byte[] hot = new byte[CacheLimits.MiB];
        new Random(1).NextBytes(hot);
        source.Write("hot", hot);
        await using (FileStream sparse = File.Create(source["sparse"]))
            sparse.SetLength(SparseLength);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/=file://{source.Path}", "--store", $"{store.Path}=256MiB");
        await node.ReadUntilCachedAsync("/hot");
        long atRest = node.ReadRssAnon();
        int socketsAtRest = node.CountDescriptors("socket:");

        using var done = new CancellationTokenSource();
        Task<Peak> watching = WatchAsync(node, done.Token);
        TcpClient[] stalled = await Task.WhenAll(Enumerable.Range(0, SlowReaders).Select(i => StallAsync(node.Rest, i)));
        Task storm = Task.WhenAll(Enumerable.Range(0, StormReaders).Select(i => ReadColdAsync(node, i)));
        do
            Assert.Equal(hot, await node.GetFileAsync("/hot"));
        while (!storm.IsCompleted);
        await storm;
        Assert.True(node.CountDescriptors("socket:") >= SlowReaders, "The clients are not stalled any more, so the limits were not tried.");
        await done.CancelAsync();
        Peak peak = await watching;
        foreach (TcpClient client in stalled)
            client.Dispose();

        output.WriteLine($"RssAnon {atRest >> 20} MiB at rest, {peak.Memory >> 20} MiB at most; {peak.Descriptors} descriptors at most");
        Assert.InRange(peak.Memory, 1, MemoryBound);
        Assert.InRange(peak.Descriptors, SlowReaders, SlowReaders + StormReaders + OtherDescriptors);
        await NodeProcess.UntilAsync(() => Task.FromResult(node.CountDescriptors("socket:") <= socketsAtRest + StormReaders), "sockets of clients that have gone");
        await NodeProcess.UntilAsync(async () => await node.GetMetricAsync("ocache_fill_buffers_bytes") == 0, "buffers that no fill uses");
        Assert.Equal(hot, await node.GetFileAsync("/hot"));
        Assert.Equal("", node.Errors);
    }

    /// <summary>Asks for 64 MiB of its own of the cold file, reads a little, and stops.</summary>
    private static async Task<TcpClient> StallAsync(Uri node, int number)
    {
        // The kernel's buffers of the client are small, so that the node soon stops too.
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Parse(node.Host), node.Port);
        long from = number * (SparseLength / SlowReaders);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/files/sparse HTTP/1.1\r\nHost: node\r\nRange: bytes={from}-{from + (64 * CacheLimits.MiB) - 1}\r\n\r\n"));
        byte[] answer = new byte[12];
        await stream.ReadExactlyAsync(answer);
        Assert.Equal("HTTP/1.1 206", Encoding.ASCII.GetString(answer));
        return client;
    }

    /// <summary>Reads a cold part of the file to its end, as fast as it comes.</summary>
    private static async Task ReadColdAsync(NodeProcess node, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files/sparse");
        long from = (SparseLength / 2) + (number * StormBytes) + (32L * CacheLimits.MiB);
        request.Headers.Range = new(from, from + StormBytes - 1);
        using HttpResponseMessage response = await node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[CacheLimits.MiB];
        long read = 0;
        int count;
        while ((count = await body.ReadAsync(buffer)) > 0)
        {
            Assert.False(buffer.AsSpan(0, count).ContainsAnyExcept((byte)0));
            read += count;
        }
        Assert.Equal(StormBytes, read);
    }

    private static async Task<Peak> WatchAsync(NodeProcess node, CancellationToken done)
    {
        var peak = new Peak(0, 0);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!done.IsCancellationRequested)
        {
            peak = new Peak(Math.Max(peak.Memory, node.ReadRssAnon()), Math.Max(peak.Descriptors, node.CountDescriptors()));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        return peak;
    }

    private sealed record Peak(long Memory, int Descriptors);
}

using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>Page bytes never live on the managed heap, and buffers are bounded: the node stays small whatever flows through it. bench 'memory' runs longer.</summary>
public sealed class MemoryTests
{
    private const long Bound = 300L << 20;
    private const int FileSize = 256 << 20;
    private const int Readers = 4;
    private const int ReadsEach = 3;

    [Fact]
    public async Task Three_gibibytes_through_a_small_store_leave_the_process_small()
    {
        using var source = new TemporaryDirectory(onTmpfs: true);
        using var store = new TemporaryDirectory(onTmpfs: true);
        await using (FileStream file = File.Create(source["big"]))
            file.SetLength(FileSize);
        // Old enough to be kept: its pages are filled, stored and evicted all the time, the store holding half of them.
        File.SetLastWriteTimeUtc(source["big"], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/=file://{source.Path}", "--store", $"{store.Path}=128MiB");

        using var done = new CancellationTokenSource();
        Task<long> peak = PeakAsync(node, done.Token);
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => ReadAsync(node)));
        await done.CancelAsync();

        Assert.InRange(await peak, 1, Bound);
    }

    private static async Task ReadAsync(NodeProcess node)
    {
        byte[] buffer = new byte[1 << 20];
        for (int i = 0; i < ReadsEach; i++)
        {
            await using Stream body = await node.Http.GetStreamAsync("api/v1/files/big");
            long read = 0;
            int count;
            while ((count = await body.ReadAsync(buffer)) > 0)
                read += count;
            Assert.Equal(FileSize, read);
        }
    }

    private static async Task<long> PeakAsync(NodeProcess node, CancellationToken done)
    {
        long peak = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!done.IsCancellationRequested)
        {
            peak = Math.Max(peak, node.ReadRssAnon());
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        return peak;
    }
}

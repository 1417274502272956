using System.Diagnostics;
using System.Net.Http.Headers;
using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Measuring;

/// <summary>A range of a file that a benchmark reads.</summary>
internal readonly record struct ReadTarget(string Path, long Offset, long Length);

/// <summary>Reads random ones of a set of ranges with so many requests at once and measures each from the request to the last byte.</summary>
internal sealed class LoadGenerator(NodeClient node, string route, IReadOnlyList<ReadTarget> targets)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Reads each range once, so that what follows measures a cache that has them.</summary>
    public Task WarmUpAsync(int concurrency, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        targets, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken },
        async (target, token) => await ReadAsync(target, new byte[BufferBytes], token).ConfigureAwait(false));

    /// <summary>Measures for so long.</summary>
    public async Task<BenchRow> MeasureAsync(string name, int concurrency, TimeSpan duration, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Worker[] workers = [.. Enumerable.Range(0, concurrency).Select(seed => new Worker(new Random(seed)))];
        await Task.WhenAll(workers.Select(w => Task.Run(() => WorkAsync(w, start, duration, cancellationToken), cancellationToken))).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TimeSpan[] latencies = [.. workers.SelectMany(w => w.Latencies).Order()];
        long bytes = workers.Sum(w => w.Bytes);
        return new BenchRow
        {
            Target = name,
            Concurrency = concurrency,
            Seconds = Math.Round(seconds, 3),
            Requests = latencies.Length,
            Bytes = bytes,
            MibPerSecond = Math.Round(bytes / seconds / (1024 * 1024), 1),
            RequestsPerSecond = Math.Round(latencies.Length / seconds, 1),
            P50Ms = Percentile(latencies, 0.50),
            P99Ms = Percentile(latencies, 0.99),
            Errors = workers.Sum(w => w.Errors),
        };
    }

    private async Task WorkAsync(Worker worker, long start, TimeSpan duration, CancellationToken cancellationToken)
    {
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            ReadTarget target = targets[worker.Random.Next(targets.Count)];
            long begun = Stopwatch.GetTimestamp();
            try
            {
                worker.Bytes += await ReadAsync(target, worker.Buffer, cancellationToken).ConfigureAwait(false);
                worker.Latencies.Add(Stopwatch.GetElapsedTime(begun));
            }
            catch (CommandFailedException e) when (e.ExitCode == ExitCode.Refused)
            {
                worker.Errors++;
            }
        }
    }

    private async Task<long> ReadAsync(ReadTarget target, byte[] buffer, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, node.Address.Of(route, target.Path));
        request.Headers.Range = new RangeHeaderValue(target.Offset, target.Offset + target.Length - 1);
        using HttpResponseMessage response = await node.SendAsync(request, cancellationToken).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            long total = 0;
            try
            {
                for (int read; (read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                    total += read;
                return total;
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw node.BrokeOff(e);
            }
        }
    }

    private static double Percentile(TimeSpan[] sorted, double part) =>
        sorted.Length == 0 ? 0 : Math.Round(sorted[(int)Math.Ceiling(part * sorted.Length) - 1].TotalMilliseconds, 3);

    /// <summary>What one of the concurrent readers has, so that they share nothing.</summary>
    private sealed class Worker(Random random)
    {
        public Random Random { get; } = random;

        public byte[] Buffer { get; } = new byte[BufferBytes];

        public List<TimeSpan> Latencies { get; } = [];

        public long Bytes { get; set; }

        public long Errors { get; set; }
    }
}

using System.Diagnostics;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A directory of files as a dataset has them, most of them small, and what they hold.</summary>
internal sealed class SourceFiles : IDisposable
{
    private const int Count = 150;

    /// <summary>What is younger than two seconds is read, and not kept: a page of it would be read twice.</summary>
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(2.1);

    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly List<(string Path, byte[] Content)> _all = [];
    private readonly long _written;

    public SourceFiles(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < Count; i++)
        {
            int length = (i % 15) switch
            {
                0 => random.Next(1, 3) * CacheLimits.MiB + random.Next(1000),
                < 5 => random.Next(1, CacheLimits.MiB / 4),
                _ => random.Next(1, 60_000),
            };
            byte[] content = new byte[length];
            random.NextBytes(content);
            string path = $"d{i % 7}/f{i}";
            _directory.Write(path, content);
            _all.Add(("/" + path, content));
        }
        _written = Stopwatch.GetTimestamp();
    }

    public string Path => _directory.Path;

    public IReadOnlyList<(string Path, byte[] Content)> All => _all;

    public long Pages => _all.Sum(f => (f.Content.Length + CacheLimits.MiB - 1L) / CacheLimits.MiB);

    /// <summary>Reads everything through a node until each file is kept where it belongs: each page once.</summary>
    public async Task CacheAllAsync(NodeProcess node)
    {
        TimeSpan young = Youth - Stopwatch.GetElapsedTime(_written);
        if (young > TimeSpan.Zero)
            await Task.Delay(young);
        await Parallel.ForEachAsync(
            _all, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (file, _) => await node.ReadUntilCachedAsync(file.Path));
    }

    public void Dispose() => _directory.Dispose();
}

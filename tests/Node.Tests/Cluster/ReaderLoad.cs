using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>
/// 64 readers that ask for files and ranges as fast as they come, over HTTP or through one client of the SDK, and compare every byte. What counts
/// as failed: an answer that is no success, that breaks off, that has another length or another byte.
/// </summary>
internal sealed class ReaderLoad : IAsyncDisposable
{
    public const int Readers = 64;

    /// <summary>See <see cref="IsUntaken"/>.</summary>
    private const int MaxUntaken = 3;

    private readonly IReadOnlyList<(string Path, byte[] Content)> _files;
    private readonly IFileReader _reader;
    private readonly bool _mayBeRefused;
    private readonly ConcurrentQueue<ReadSample> _samples = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _done = new();
    private int _resets;
    private readonly Task _reading;

    private ReaderLoad(SourceFiles files, IFileReader reader, int seed, bool mayBeRefused)
    {
        _files = files.All;
        _mayBeRefused = mayBeRefused;
        _reader = reader;
        _reading = Task.WhenAll(Enumerable.Range(0, Readers).Select(i => Task.Run(() => ReadAsync(new Random(seed + i)))));
    }

    /// <summary>Over HTTP.</summary>
    /// <param name="files">What is read.</param>
    /// <param name="nodes">Whom the readers ask, one after the other at random.</param>
    /// <param name="seed">Of what is read.</param>
    /// <param name="mayBeRefused">A node may stop listening: a connection that it does not take is no read at all, and another node is asked.</param>
    public static ReaderLoad Start(SourceFiles files, IEnumerable<NodeProcess> nodes, int seed, bool mayBeRefused = false) =>
        new(files, new HttpFileReader(nodes), seed, mayBeRefused);

    /// <summary>Through the SDK, which knows one node and finds the others.</summary>
    public static async Task<ReaderLoad> StartSdkAsync(SourceFiles files, NodeProcess node, int seed) =>
        new(files, await SdkFileReader.ConnectAsync(node), seed, mayBeRefused: false);

    public IReadOnlyCollection<string> Failures => _failures;

    public int Count => _samples.Count;

    /// <summary>Waits until so many reads that began after a moment have ended.</summary>
    public Task UntilReadAsync(int count, long after) => NodeProcess.UntilAsync(
        () => Task.FromResult(!_failures.IsEmpty || _samples.Count(s => s.Began >= after) >= count), $"a load of fewer than {count} reads");

    /// <summary>Median of the reads that began between two moments.</summary>
    public TimeSpan MedianBetween(long from, long to)
    {
        TimeSpan[] sorted = [.. _samples.Where(s => s.Began >= from && s.Began < to).Select(s => s.Took).Order()];
        Assert.NotEmpty(sorted);
        return sorted[sorted.Length / 2];
    }

    /// <summary>The longest of the reads that ended after a moment.</summary>
    public TimeSpan LongestAfter(long moment) =>
        _samples.Where(s => s.Began + (long)(s.Took.TotalSeconds * Stopwatch.Frequency) >= moment).Max(s => s.Took);

    /// <summary>Ends the load; all reads that were under way end too.</summary>
    public async Task StopAsync()
    {
        await _done.CancelAsync();
        await _reading;
        Assert.True(_failures.IsEmpty, $"{_failures.Count} of {_samples.Count} reads failed: {string.Join("; ", _failures.Take(3))}");
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _reading;
        await _reader.DisposeAsync();
        _done.Dispose();
    }

    private async Task ReadAsync(Random random)
    {
        while (!_done.IsCancellationRequested)
        {
            (string path, byte[] content) = _files[random.Next(_files.Count)];
            int from = random.Next(3) == 0 ? random.Next(content.Length) : 0;
            int length = from == 0 && random.Next(2) == 0 ? content.Length : random.Next(1, content.Length - from + 1);
            long began = Stopwatch.GetTimestamp();
            try
            {
                if (await _reader.WrongAsync(random, path, content, from, length) is { } wrong)
                    _failures.Enqueue($"{path} [{from}, {length}]: {wrong}");
                _samples.Enqueue(new ReadSample(began, Stopwatch.GetElapsedTime(began)));
            }
            catch (HttpRequestException e) when (_mayBeRefused && (e.HttpRequestError == HttpRequestError.ConnectionError || IsUntaken(e)))
            {
                await Task.Yield();
            }
            catch (Exception e)
            {
                _failures.Enqueue($"{path} [{from}, {length}] after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s: {e}");
            }
        }
    }

    /// <summary>
    /// The kernel takes connections before the node does, and resets those that wait when the node stops listening; to their clients it looks like a request that the node broke off.
    /// It is a matter of microseconds: a node that broke off what it had begun would do so with dozens of the readers.
    /// </summary>
    private bool IsUntaken(HttpRequestException e) =>
        e.InnerException is IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } && Interlocked.Increment(ref _resets) <= MaxUntaken;
}

/// <summary>One read: when it began (a timestamp) and how long it took.</summary>
internal readonly record struct ReadSample(long Began, TimeSpan Took);

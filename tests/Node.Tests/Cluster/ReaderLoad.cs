using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Orleans.Cache.Node.Tests.Process;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>
/// 64 readers that ask nodes over HTTP for files and ranges as fast as they come, and compare every byte. What counts as failed: an
/// answer that is no success, that breaks off, that has another length or another byte.
/// </summary>
internal sealed class ReaderLoad : IAsyncDisposable
{
    public const int Readers = 64;

    private readonly IReadOnlyList<(string Path, byte[] Content)> _files;
    private readonly HttpClient[] _nodes;
    private readonly bool _mayBeRefused;
    private readonly ConcurrentQueue<ReadSample> _samples = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _done = new();
    private readonly Task _reading;

    private ReaderLoad(SourceFiles files, IEnumerable<NodeProcess> nodes, int seed, bool mayBeRefused)
    {
        _files = files.All;
        _mayBeRefused = mayBeRefused;
        // Of its own: those of the nodes end with them.
        _nodes = [.. nodes.Select(n => new HttpClient { BaseAddress = n.Rest, Timeout = Programs.Patience })];
        _reading = Task.WhenAll(Enumerable.Range(0, Readers).Select(i => Task.Run(() => ReadAsync(new Random(seed + i)))));
    }

    /// <param name="files">What is read.</param>
    /// <param name="nodes">Whom the readers ask, one after the other at random.</param>
    /// <param name="seed">Of what is read.</param>
    /// <param name="mayBeRefused">A node may stop listening: a connection that it does not take is no read at all, and another node is asked.</param>
    public static ReaderLoad Start(SourceFiles files, IEnumerable<NodeProcess> nodes, int seed, bool mayBeRefused = false) => new(files, nodes, seed, mayBeRefused);

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

    public TimeSpan Longest => _samples.Max(s => s.Took);

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
        foreach (HttpClient node in _nodes)
            node.Dispose();
        _done.Dispose();
    }

    private async Task ReadAsync(Random random)
    {
        while (!_done.IsCancellationRequested)
        {
            (string path, byte[] content) = _files[random.Next(_files.Count)];
            HttpClient node = _nodes[random.Next(_nodes.Length)];
            int from = random.Next(3) == 0 ? random.Next(content.Length) : 0;
            int length = from == 0 && random.Next(2) == 0 ? content.Length : random.Next(1, content.Length - from + 1);
            long began = Stopwatch.GetTimestamp();
            try
            {
                if (await WrongAsync(node, path, content, from, length) is { } wrong)
                    _failures.Enqueue($"{path} [{from}, {length}] of {node.BaseAddress}: {wrong}");
                _samples.Enqueue(new ReadSample(began, Stopwatch.GetElapsedTime(began)));
            }
            catch (HttpRequestException e) when (_mayBeRefused && e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                await Task.Yield();
            }
            catch (Exception e)
            {
                _failures.Enqueue($"{path} [{from}, {length}] of {node.BaseAddress} after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s: {e}");
            }
        }
    }

    private static async Task<string?> WrongAsync(HttpClient node, string path, byte[] content, int from, int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files" + path);
        if (length < content.Length)
            request.Headers.Range = new RangeHeaderValue(from, from + length - 1);
        using HttpResponseMessage answer = await node.SendAsync(request);
        if (answer.StatusCode != (length < content.Length ? HttpStatusCode.PartialContent : HttpStatusCode.OK))
            return $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        return body.AsSpan().SequenceEqual(content.AsSpan(from, length)) ? null : $"{body.Length} bytes that are not the file's";
    }
}

/// <summary>One read: when it began (a timestamp) and how long it took.</summary>
internal readonly record struct ReadSample(long Began, TimeSpan Took);

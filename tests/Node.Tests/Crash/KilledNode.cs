using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Crash;

/// <summary>
/// A node over files of mixed sizes, read by several clients that compare every byte, and killed once they have got a random
/// number of answers. What a client got in full must be the source's bytes, before a kill and after it.
/// </summary>
internal sealed class KilledNode : IAsyncDisposable
{
    private const int Readers = 6;

    /// <summary>From nothing to a few fills; 64 KiB pages make some 300 of 20 MiB.</summary>
    private static readonly int[] Sizes = [0, 1, 4096, 65_536, 65_537, 200_000, 1_000_000, 3_000_001];

    private const int FilesPerSize = 6;

    private readonly TemporaryDirectory _source = new(onTmpfs: true);
    private readonly TemporaryDirectory _store = new(onTmpfs: true);
    private readonly Dictionary<string, byte[]> _contents = [];
    private readonly string[] _names;
    private readonly string _capacity;
    private readonly Random _random;
    private NodeProcess? _node;
    private long _answers;
    private volatile bool _dying;

    public KilledNode(Random random, string capacity)
    {
        _random = random;
        _capacity = capacity;
        foreach (int size in Sizes)
        {
            for (int i = 0; i < FilesPerSize; i++)
            {
                byte[] content = new byte[size];
                random.NextBytes(content);
                _contents.Add($"d{i % 3}/{size}-{i}", content);
            }
        }
        foreach ((string name, byte[] content) in _contents)
            _source.Write(name, content);
        _names = [.. _contents.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Answers that were compared with the source.</summary>
    public long Compared => Interlocked.Read(ref _answers);

    private NodeProcess Node => _node!;

    public async Task StartAsync() => _node = await NodeProcess.StartAsync(
        "--mount", $"/=file://{_source.Path}", "--store", $"{_store.Path}={_capacity}", "--page-size", "64KiB", "--log-level", "error");

    /// <summary>Loads the node, starting it if need be, and kills it. Gives the pages of the last answer of /api/v1/cache before that.</summary>
    public async Task<long> RunAndKillAsync(bool frees)
    {
        if (_node is null)
        {
            await StartAsync();
            // Files younger than two seconds are not kept; the first round starts when they are older.
            await Node.ReadUntilCachedAsync("/" + _names[^1]);
            await FreeAllAsync();
        }
        _dying = false;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long killAt = Compared + _random.Next(5, 3 * _names.Length);
        Task<long> watch = WatchAsync();
        Task[] clients = [.. Enumerable.Range(0, Readers).Select(_ => new Random(_random.Next())).Select(random => Task.Run(() => ReadAsync(random)))];
        Task freeing = frees ? Task.Run(() => FreeSomeAsync(new Random(_random.Next()))) : Task.CompletedTask;

        await await Task.WhenAny([enough.Task, .. clients]);
        // Requests in flight end with their connections, not by being cancelled: what is asked is what the node did until the end.
        _dying = true;
        await Node.KillAsync();
        await Task.WhenAll([freeing, .. clients]);
        long reported = await watch;
        await Node.DisposeAsync();
        return reported;

        async Task ReadAsync(Random random)
        {
            while (!_dying)
            {
                if (!await TryCompareAsync(_names[random.Next(_names.Length)], random))
                    continue;
                if (Compared >= killAt)
                    enough.TrySetResult();
            }
        }

        async Task FreeSomeAsync(Random random)
        {
            while (!_dying)
            {
                try
                {
                    string path = random.Next(4) == 0 ? "/d1" : "/" + _names[random.Next(_names.Length)];
                    await FreeAsync(path);
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    Assert.True(_dying, $"A free failed before the kill: {e}");
                }
            }
        }
    }

    /// <summary>Reads every file in full and compares it.</summary>
    public async Task CompareAllAsync()
    {
        await Parallel.ForEachAsync(_names, new ParallelOptions { MaxDegreeOfParallelism = Readers }, async (name, _) =>
        {
            byte[] body = await Node.GetFileAsync("/" + name);
            Assert.True(body.AsSpan().SequenceEqual(_contents[name]), $"'{name}' is not what the source holds.");
            Interlocked.Increment(ref _answers);
        });
    }

    public Task FreeAllAsync() => FreeAsync("/");

    public Task<long> PagesAsync() => StoreFigureAsync("pages");

    public Task<long> HealedAsync() => StoreFigureAsync("healed");

    public Task<long> EvictionsAsync() => StoreFigureAsync("evictions");

    public async ValueTask DisposeAsync()
    {
        // The last node was started and not killed.
        if (_node is not null)
            await _node.DisposeAsync();
        _source.Dispose();
        _store.Dispose();
    }

    /// <summary>False: the node was killed before the whole answer was there. A wrong byte fails the test.</summary>
    private async Task<bool> TryCompareAsync(string name, Random random)
    {
        byte[] content = _contents[name];
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files/" + NodeProcess.Encode(name));
        int from = 0, to = content.Length;
        if (content.Length > 1 && random.Next(2) == 0)
        {
            from = random.Next(content.Length);
            to = random.Next(from + 1, content.Length + 1);
            request.Headers.Range = new RangeHeaderValue(from, to - 1);
        }
        try
        {
            using HttpResponseMessage response = await Node.Http.SendAsync(request);
            Assert.Equal(from == 0 && to == content.Length && request.Headers.Range is null ? HttpStatusCode.OK : HttpStatusCode.PartialContent, response.StatusCode);
            byte[] body = await response.Content.ReadAsByteArrayAsync();
            Assert.True(body.AsSpan().SequenceEqual(content.AsSpan(from..to)), $"Bytes {from} to {to} of '{name}' are not what the source holds.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Assert.True(_dying, $"A read failed before the kill: {e}");
            return false;
        }
        Interlocked.Increment(ref _answers);
        return true;
    }

    /// <summary>Asks for the number of pages all the time, until the node is killed.</summary>
    private async Task<long> WatchAsync()
    {
        long pages = 0;
        try
        {
            while (true)
                pages = await StoreFigureAsync("pages");
        }
        catch (Exception e) when (_dying && e is HttpRequestException or IOException)
        {
            return pages;
        }
    }

    private async Task<long> StoreFigureAsync(string name)
    {
        byte[] answer = await Node.Http.GetByteArrayAsync("api/v1/cache");
        using JsonDocument figures = JsonDocument.Parse(answer);
        return figures.RootElement.GetProperty("stores")[0].GetProperty(name).GetInt64();
    }

    private async Task FreeAsync(string path)
    {
        using var body = new StringContent(JsonSerializer.Serialize(new { path, recursive = true }), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Node.Http.PostAsync("api/v1/free", body);
        response.EnsureSuccessStatusCode();
    }
}

using System.Collections.Concurrent;
using Orleans.Cache.Client;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>
/// Writers of small files, each of files of its own: it writes, overwrites and deletes them through any node, again through another where one
/// breaks off, and after each answered change its reader, a client of the SDK, must see that and nothing older.
/// </summary>
internal sealed class SoakWriters : IAsyncDisposable
{
    private const int Writers = 4;
    private const int FilesEach = 12;

    /// <summary>Longest content: less than a page.</summary>
    private const int MaxBytes = 200_000;

    private readonly Func<IReadOnlyList<NodeProcess>> _nodes;
    private readonly CacheClient _reader;
    private readonly HttpClient _http = new() { Timeout = Programs.Patience };
    private readonly CancellationTokenSource _done = new();
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly Task _writing;
    private long _changes;

    /// <param name="nodes">Those that run, at any moment.</param>
    /// <param name="reader">Owned by the writers from now on.</param>
    /// <param name="directory">A writable directory of the cache.</param>
    /// <param name="seed">Of what they do.</param>
    public SoakWriters(Func<IReadOnlyList<NodeProcess>> nodes, CacheClient reader, string directory, int seed)
    {
        _nodes = nodes;
        _reader = reader;
        _writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => WriteAsync($"{directory}/w{i}", new Random(seed + i)))));
    }

    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>What was seen and should not have been.</summary>
    public IReadOnlyCollection<string> Wrong => _wrong;

    public async Task StopAsync()
    {
        await _done.CancelAsync();
        await _writing;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _reader.DisposeAsync();
        _http.Dispose();
        _done.Dispose();
    }

    private async Task WriteAsync(string directory, Random random)
    {
        for (int i = 0; !_done.IsCancellationRequested; i++)
        {
            string path = $"{directory}/f{random.Next(FilesEach)}";
            try
            {
                if (random.Next(5) == 0)
                    await DeleteAsync(path, random);
                else
                    await OverwriteAsync(path, i, random);
                Interlocked.Increment(ref _changes);
            }
            catch (Exception e)
            {
                _wrong.Enqueue($"{path}: {e}");
            }
        }
    }

    private async Task OverwriteAsync(string path, int number, Random random)
    {
        byte[] content = new byte[random.Next(1, MaxBytes)];
        random.NextBytes(content);
        await ChangeAsync(node => _http.PutAsync($"{node.Rest}api/v1/files{path}", new ByteArrayContent(content)), missingIsDone: false, random);
        FileStatus file = await _reader.GetStatusAsync(path);
        byte[] read = new byte[content.Length + 1];
        int length = await _reader.ReadAsync(file, 0, read);
        if (!read.AsSpan(0, length).SequenceEqual(content))
            _wrong.Enqueue($"{path}: {length} bytes that are not those of write {number}, {content.Length} bytes long");
    }

    private async Task DeleteAsync(string path, Random random)
    {
        await ChangeAsync(node => _http.DeleteAsync($"{node.Rest}api/v1/files{path}"), missingIsDone: true, random);
        if (await _reader.ExistsAsync(path))
            _wrong.Enqueue($"{path}: still there though deleted");
    }

    /// <summary>Until a node has answered: one that is killed meanwhile may have made the change or not, and making it again is the same.</summary>
    private async Task ChangeAsync(Func<NodeProcess, Task<HttpResponseMessage>> ask, bool missingIsDone, Random random)
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        while (true)
        {
            IReadOnlyList<NodeProcess> nodes = _nodes();
            try
            {
                using HttpResponseMessage answer = await ask(nodes[random.Next(nodes.Count)]);
                if (answer.IsSuccessStatusCode || (missingIsDone && answer.StatusCode == System.Net.HttpStatusCode.NotFound))
                    return;
                string said = $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
                Assert.False(patience.IsCancellationRequested, said);
            }
            catch (Exception e) when (e is HttpRequestException or IOException && !patience.IsCancellationRequested)
            {
                await Task.Yield();
            }
        }
    }
}

using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Core.Tests.Metadata;

/// <summary>
/// An under storage over a dictionary of keys, as object stores are: directories exist as prefixes. A test can hold an answer
/// between the moment it was read and the moment it is given, which is where all races of metadata lie.
/// </summary>
internal sealed class GatedUnderStorage(string uri, TimeProvider time) : IUnderStorage
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, UfsStatus> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _contents = new(StringComparer.Ordinal);
    private readonly Queue<Hold> _statHolds = new();
    private readonly Queue<Hold> _listHolds = new();
    private long _versions;
    private int _stats;
    private int _lists;

    public UfsIdentity Identity { get; } = new(uri);

    public UfsCapabilities Capabilities { get; } = new() { CanWrite = true };

    public int Stats => Volatile.Read(ref _stats);

    public int Lists => Volatile.Read(ref _lists);

    /// <summary>What statuses and listings end with; null: they succeed.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The next stat reads its answer, reports that it did, and gives it when released.</summary>
    public Hold HoldStat() => Enqueue(_statHolds);

    /// <summary>The next listing reads all its entries, reports that it did, and gives them when released.</summary>
    public Hold HoldList() => Enqueue(_listHolds);

    public void Put(string key, long length = 1)
    {
        lock (_gate)
            _files[key] = new UfsStatus(key, false, length, time.GetUtcNow(), new FileVersion($"v{++_versions}"));
    }

    public void Remove(string key)
    {
        lock (_gate)
        {
            _files.Remove(key);
            _contents.Remove(key);
        }
    }

    public UfsStatus? Peek(string key)
    {
        lock (_gate)
        {
            if (_files.TryGetValue(key, out UfsStatus? file))
                return file;
            string prefix = key.Length == 0 ? "" : key + '/';
            bool exists = key.Length == 0 || _files.Keys.Any(k => k.StartsWith(prefix, StringComparison.Ordinal));
            return exists ? new UfsStatus(key, true, 0, DateTimeOffset.UnixEpoch, default) : null;
        }
    }

    public List<UfsStatus> PeekEntries(string key)
    {
        lock (_gate)
        {
            string prefix = key.Length == 0 ? "" : key + '/';
            return
            [
                .. _files.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))
                    .Select(k => k[prefix.Length..].Split('/')[0]).Distinct().Order(StringComparer.Ordinal)
                    .Select(name => Peek(prefix + name)!),
            ];
        }
    }

    public async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _stats);
        if (Failure is { } failure)
            throw failure;
        UfsStatus? answer = Peek(key);
        if (TryDequeue(_statHolds, out Hold? hold))
            await hold.PassAsync(cancellationToken);
        return answer;
    }

    public async IAsyncEnumerable<UfsStatus> ListAsync(string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _lists);
        if (Failure is { } failure)
            throw failure;
        UfsStatus? directory = Peek(key);
        List<UfsStatus> entries = PeekEntries(key);
        if (TryDequeue(_listHolds, out Hold? hold))
            await hold.PassAsync(cancellationToken);
        if (directory is null)
            throw CacheException.NotFound(key);
        if (!directory.IsDirectory)
            throw new CacheException(CacheError.NotADirectory, key);
        foreach (UfsStatus entry in entries.Where(e => string.CompareOrdinal(e.Name, startAfter) > 0))
            yield return entry;
    }

    public ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(key, out UfsStatus? file))
                throw CacheException.NotFound(key);
            if (version is not null && version != file.Version)
                throw CacheException.Changed(key);
            byte[] content = _contents.GetValueOrDefault(key) ?? new byte[file.Length];
            return new(new Reader(content.AsMemory((int)offset, (int)length)));
        }
    }

    public async Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        lock (_gate)
        {
            condition.Require(Peek(key), key);
            Put(key, bytes.Length);
            _contents[key] = bytes.ToArray();
            return _files[key];
        }
    }

    /// <summary>Directories exist as prefixes only.</summary>
    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_files.ContainsKey(key))
                throw Peek(key) is null ? CacheException.NotFound(key) : new CacheException(CacheError.NotEmpty, key);
            Remove(key);
        }
        return Task.CompletedTask;
    }

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken) =>
        throw new CacheException(CacheError.NotSupported, "Rename is not needed here.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Hold Enqueue(Queue<Hold> holds)
    {
        var hold = new Hold();
        lock (_gate)
            holds.Enqueue(hold);
        return hold;
    }

    private bool TryDequeue(Queue<Hold> holds, out Hold hold)
    {
        lock (_gate)
            return holds.TryDequeue(out hold!);
    }

    internal sealed class Hold
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when a request has read its answer.</summary>
        public Task Reached => _reached.Task;

        public void Release() => _released.SetResult();

        public void Fail(Exception error) => _released.SetException(error);

        public Task PassAsync(CancellationToken cancellationToken)
        {
            _reached.SetResult();
            return _released.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed class Reader(ReadOnlyMemory<byte> rest) : IUfsReader
    {
        private ReadOnlyMemory<byte> _rest = rest;

        public bool MayPublish => true;

        public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            int count = Math.Min(destination.Length, _rest.Length);
            _rest[..count].CopyTo(destination);
            _rest = _rest[count..];
            return new(count);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

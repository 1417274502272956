using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Eviction;
using Orleans.Cache.Files;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>A whole engine in this process: a memory source that a test may hold at "/", a real page store on tmpfs, the file API in front.</summary>
internal sealed class NodeUnderTest : IAsyncDisposable
{
    public const int PageSize = 64 * CacheLimits.KiB;

    private readonly TemporaryDirectory _directory = new(onTmpfs: true);

    private NodeUnderTest(CacheLimits limits, Freshness freshness)
    {
        Limits = limits;
        Source = new FaultyUnderStorage(new MemoryUnderStorage("test", Time));
        Mounts = new MountTable(1, [new Mount(CachePath.Root, Source, freshness) { IsWritable = true }]);
    }

    public ManualTimeProvider Time { get; } = new();

    public CacheLimits Limits { get; }

    public FaultyUnderStorage Source { get; }

    public MountTable Mounts { get; set; }

    public CacheCounters Counters { get; } = new();

    public FilePageStore Store { get; private set; } = null!;

    /// <summary>The store as the node sees it.</summary>
    public HeldPageStore Held { get; private set; } = null!;

    public CacheNode Node { get; private set; } = null!;

    public CacheFileSystem Files { get; private set; } = null!;

    public static async Task<NodeUnderTest> StartAsync(CacheLimits? limits = null, Freshness? freshness = null, long capacity = CacheLimits.GiB, IFillGate? fills = null)
    {
        var node = new NodeUnderTest(limits ?? new CacheLimits(), freshness ?? Freshness.Default);
        await node.OpenAsync(capacity, fills);
        return node;
    }

    /// <summary>Ends the engine and starts another on the same store.</summary>
    public async Task RestartAsync()
    {
        await Node.DisposeAsync();
        await Store.DisposeAsync();
        await OpenAsync(CacheLimits.GiB, null);
    }

    private async Task OpenAsync(long capacity, IFillGate? fills)
    {
        Store = await OpenStoreAsync(capacity);
        Held = new HeldPageStore(Store);
        Node = new CacheNode("n1", new CacheNodeServices
        {
            Mounts = () => Mounts,
            Store = Held,
            Counters = Counters,
            Time = Time,
            Log = NullLogger.Instance,
            Limits = Limits,
            PageSize = PageSize,
            Fills = fills,
        });
        Files = new CacheFileSystem(new LocalNodeDirectory(Node), () => Mounts);
    }

    /// <summary>Puts a file of random bytes into the source.</summary>
    public async Task<byte[]> PutAsync(string key, int length, int seed = 1)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        await Source.CreateAsync(key, new MemoryStream(content), default);
        return content;
    }

    /// <summary>Opens and reads a range, as a front-end does: chunk by chunk, saying how much is expected.</summary>
    public async Task<byte[]> ReadAsync(string path, long offset = 0, long? length = null, int chunk = 32 * CacheLimits.KiB, CancellationToken cancellationToken = default)
    {
        CacheFile file = await Files.OpenAsync(CachePath.Parse(path), cancellationToken);
        byte[] bytes = new byte[Math.Min(length ?? long.MaxValue, file.Ref.Length - offset)];
        for (int done = 0; done < bytes.Length;)
        {
            int count = Math.Min(chunk, bytes.Length - done);
            int read = await file.ReadAsync(offset + done, bytes.AsMemory(done, count), bytes.Length - done, cancellationToken);
            Assert.InRange(read, 1, count);
            done += read;
        }
        return bytes;
    }

    /// <summary>So many readers of a file at once, on threads of the pool; all have come before the request that they wait for goes on.</summary>
    public async Task<Task<byte[]>[]> ReadTogetherAsync(string path, int readers, UfsRequest held)
    {
        UfsHold hold = Source.Hold(held);
        Task<byte[]>[] reading = await Task.WhenAll(Enumerable.Range(0, readers).Select(
            _ => Task.Factory.StartNew(() => ReadAsync(path), default, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)));
        await hold.ArrivedAsync();
        hold.Release();
        return reading;
    }

    /// <summary>Reads a file until a request for it is held, and leaves.</summary>
    public async Task LeaveAsync(string path, UfsHold hold)
    {
        using var leaving = new CancellationTokenSource();
        Task<byte[]> leaver = ReadAsync(path, cancellationToken: leaving.Token);
        await hold.ArrivedAsync();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
    }

    /// <summary>Opens the store's directory, as the next process would; the first must be closed.</summary>
    public Task<FilePageStore> OpenStoreAsync(long capacity = CacheLimits.GiB) => FilePageStore.OpenAsync(
        [new StoreDirectoryOptions(_directory.Path, capacity)], PageSize, () => EvictionPolicies.Create("s3fifo"), Limits, TimeProvider.System,
        NullLogger.Instance, default);

    /// <summary>Waits until no fill is under way: what was read has come into the store or was given up.</summary>
    public Task SettledAsync() => Node.FillsEndedAsync();

    public async ValueTask DisposeAsync()
    {
        Held.ReleaseAll();
        await Node.DisposeAsync();
        await Store.DisposeAsync();
        Counters.Dispose();
        _directory.Dispose();
    }
}

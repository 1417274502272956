using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.Loading;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Core.Tests.Loading;

/// <summary>Load jobs on a whole engine.</summary>
internal sealed class LoadUnderTest : IAsyncDisposable
{
    private LoadUnderTest(NodeUnderTest node)
    {
        Node = node;
        Jobs = new LoadJobs(node.Files, () => StoreRoom.OfAsync(node.Held), node.Limits, node.Time, NullLogger.Instance);
    }

    public NodeUnderTest Node { get; }

    public LoadJobs Jobs { get; }

    public static async Task<LoadUnderTest> StartAsync(CacheLimits? limits = null, long capacity = CacheLimits.GiB) =>
        new(await NodeUnderTest.StartAsync(limits, capacity: capacity));

    /// <summary>Loads to the end.</summary>
    public async Task<LoadProgress> LoadAsync(string path)
    {
        Jobs.Submit(CachePath.Parse(path));
        await Jobs.EndedAsync();
        return Find(path);
    }

    public LoadProgress Find(string path) => Jobs.Find(CachePath.Parse(path))!;

    public async Task<long> CachedAsync(string path)
    {
        FileStatus status = await Node.Files.GetStatusAsync(CachePath.Parse(path), default);
        return Node.Store.CachedBytes(status.RequireFile());
    }

    public async ValueTask DisposeAsync()
    {
        await Jobs.DisposeAsync();
        await Node.DisposeAsync();
    }
}

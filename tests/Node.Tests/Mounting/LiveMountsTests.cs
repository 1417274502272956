using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Silo.Mounting;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Mounting;

/// <summary>A node that takes over the mounts of its cluster, which may come late, twice, and in the wrong order.</summary>
public sealed class LiveMountsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly CacheCounters _counters = new();
    private readonly List<ClosedOnce> _opened = [];
    private readonly HashSet<string> _unopenable = [];

    public void Dispose()
    {
        _counters.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task What_is_older_changes_nothing_and_the_same_again_opens_what_could_not_be_opened()
    {
        await using LiveMounts mounts = Begin();
        _unopenable.Add("/b");
        Assert.Empty(await mounts.TakeAsync(5, [Option("/a", 4), Option("/b", 5)], Open));
        Assert.Equal(["/a"], PathsOf(mounts));
        Assert.Empty(await mounts.TakeAsync(4, [], Open));
        Assert.Equal(["/a"], PathsOf(mounts));

        _unopenable.Clear();
        Assert.Empty(await mounts.TakeAsync(5, [Option("/a", 4), Option("/b", 5)], Open));
        Assert.Equal(["/a", "/b"], PathsOf(mounts));
        Assert.Equal((5, 2), (mounts.Shared, _opened.Count));
    }

    [Fact]
    public async Task The_same_that_came_later_is_opened_anew_and_what_is_gone_is_said()
    {
        await using LiveMounts mounts = Begin();
        await mounts.TakeAsync(5, [Option("/a", 4), Option("/b", 5)], Open);
        IReadOnlyList<Mount> gone = await mounts.TakeAsync(7, [Option("/a", 7)], Open);
        Assert.Equal(["/a", "/b"], gone.Select(m => m.Path.Value).Order(StringComparer.Ordinal));
        Assert.Equal(["/a"], PathsOf(mounts));
        Assert.Equal(3, _opened.Count);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_closed_again_and_changes_nothing()
    {
        await using LiveMounts mounts = Begin();
        Directory.Delete(_directory["store"]);
        await Assert.ThrowsAsync<CacheException>(() => mounts.TakeAsync(5, [Option("/a", 4)], Open));
        Assert.Empty(PathsOf(mounts));
        Assert.Equal(0, mounts.Shared);
        Assert.True(Assert.Single(_opened).IsClosed);
    }

    private static IEnumerable<string> PathsOf(LiveMounts mounts) => mounts.Table.Mounts.Select(m => m.Path.Value);

    private LiveMounts Begin()
    {
        var mounts = new LiveMounts(new MountFile(Directory.CreateDirectory(_directory["store"]).FullName), new CacheLimits());
        mounts.Begin(1, [], []);
        return mounts;
    }

    private MountOptions Option(string path, long since)
    {
        string source = Directory.CreateDirectory(_directory["source" + path.Replace('/', '-')]).FullName;
        return new MountParser("/", []).Parse(path, CachePath.Parse(path), "file://" + source, [])! with { Since = since };
    }

    private Mount? Open(MountOptions options)
    {
        if (_unopenable.Contains(options.Path.Value))
            return null;
        Mount opened = new MountOpener(_counters, TimeProvider.System, NullLogger.Instance).Open(options);
        _opened.Add(new ClosedOnce(opened.Storage));
        return opened with { IsAdded = true, Storage = _opened[^1] };
    }

    private sealed class ClosedOnce(IUnderStorage inner) : DelegatingUnderStorage(inner)
    {
        public bool IsClosed { get; private set; }

        public override ValueTask DisposeAsync()
        {
            Assert.False(IsClosed);
            IsClosed = true;
            return base.DisposeAsync();
        }
    }
}

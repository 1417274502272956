using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>A store directory of ten pages, whose file operations a test can stop, and a content that just fits.</summary>
public abstract class StoreSchedule : IAsyncLifetime
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);

    internal StoreDirectory Store { get; private set; } = null!;

    internal HeldBackingFiles Files { get; private set; } = null!;

    internal FileRef File { get; } = NewFile("file", 10 * PageSize);

    internal string Path => _root["store"];

    public Task InitializeAsync()
    {
        Store = OpenDirectory(Path, 10 * PageSize, inner => Files = new HeldBackingFiles(inner));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync();
        _root.Dispose();
    }

    /// <summary>Closes the store and opens it again: its pages are unverified then.</summary>
    protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        await InitializeAsync();
    }
}

using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>A small store directory, whose file operations a test can stop, and a content that just fits.</summary>
/// <param name="pages">Pages of both. The evictor begins above 95 % and stops at 90 %: of ten pages, the tenth makes it take one, and no room is left meanwhile.</param>
public abstract class StoreSchedule(int pages = 10) : IAsyncLifetime
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);

    internal StoreDirectory Store { get; private set; } = null!;

    internal HeldBackingFiles Files { get; private set; } = null!;

    internal FileRef File { get; } = NewFile("file", pages * PageSize);

    internal string Path => _root["store"];

    public Task InitializeAsync()
    {
        Store = OpenDirectory(Path, pages * PageSize, inner => Files = new HeldBackingFiles(inner));
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

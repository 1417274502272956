using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.Local;

/// <summary>A local under storage over "root" beside a directory "outside" that nobody may reach.</summary>
public abstract class LocalFixture : UnderStorageFixture
{
    protected TemporaryDirectory Directory { get; } = new();

    protected string Root => Directory["root"];

    protected string Outside => Directory["outside"];

    protected ManualTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow().AddDays(1));

    protected LocalUnderStorage Local => (LocalUnderStorage)Storage;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Dispose();
    }

    protected override Task<IUnderStorage> OpenAsync()
    {
        Directory.Write("root/file", "inside"u8);
        Directory.Write("outside/file", "outside"u8);
        return Task.FromResult<IUnderStorage>(new LocalUnderStorage(Root, Time));
    }

    protected void Link(string key, string target) => File.CreateSymbolicLink(Path.Combine(Root, key), target);

    protected Task AssertDeniedAsync(string key) => AssertDeniedAsync(key, "");

    /// <summary>Status, read and listing are refused, and the error tells no path of the machine.</summary>
    protected async Task AssertDeniedAsync(string key, string below)
    {
        await AssertFailsAsync(CacheError.AccessDenied, async () => await Storage.GetStatusAsync(key + below, None));
        await AssertFailsAsync(CacheError.AccessDenied, () => ReadAsync(key + below, null, 0, 0));
        CacheException listing = await Assert.ThrowsAsync<CacheException>(() => NamesAsync(key + below));
        Assert.DoesNotContain(Directory.Path, listing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, await NamesAsync(""));
    }
}

using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Disks that fail, and files that change behind the store's back.</summary>
public sealed class PageStoreFaultTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly FileRef _file = NewFile("file", 4 * PageSize);
    private HeldBackingFiles _files = null!;

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("flipped")]
    [InlineData("zeroed")]
    [InlineData("truncated")]
    [InlineData("deleted")]
    public async Task Damaged_pages_are_dropped_counted_and_may_be_filled_again(string damage)
    {
        await using (StoreDirectory store = Open())
        {
            for (long page = 0; page < 4; page++)
                Assert.True(await store.WriteAsync(_file, page));
        }
        Damage(Assert.Single(BackingFiles(_root["store"])), damage);
        await using (StoreDirectory store = Open())
        {
            Assert.Equal(damage != "deleted", await store.ReadAndCheckAsync(_file, 0));
            Assert.False(await store.ReadAndCheckAsync(_file, 3));
            Assert.Equal(damage == "deleted" ? 4 : 1, store.Status.Healed);
            Assert.False(store.Contains(_file, 3));
            Assert.True(await store.WriteAsync(_file, 3));
            Assert.True(await store.ReadAndCheckAsync(_file, 3));
        }
    }

    [Fact]
    public async Task A_backing_file_deleted_while_the_store_is_open_is_noticed_by_a_writer()
    {
        await using StoreDirectory store = Open(maxOpenFiles: 1);
        Assert.True(await store.WriteAsync(_file, 0));
        Assert.True(await store.WriteAsync(NewFile("other", 2 * PageSize), 0));
        File.Delete(BackingFiles(_root["store"]).Single(f => f.Contains(_file.Id.ToString(), StringComparison.Ordinal)));
        Assert.False(await store.WriteAsync(_file, 1));
        Assert.Equal(1, store.Status.Healed);
        Assert.True(await store.WriteAsync(_file, 1));
        Assert.True(await store.ReadAndCheckAsync(_file, 1));
    }

    [Fact]
    public async Task An_unreadable_page_is_a_miss()
    {
        await using StoreDirectory store = Open();
        Assert.True(await store.WriteAsync(_file, 0));
        Assert.True(await store.WriteAsync(_file, 1));
        _files.NeverWaits = false;
        _files.Fail = operation => operation == "read" ? LinuxFiles.IoError : 0;
        Assert.False(await store.ReadAndCheckAsync(_file, 0));
        _files.Fail = static _ => 0;
        Assert.Equal(1, store.Status.Healed);
        Assert.True(store.IsInService);
        Assert.True(await store.ReadAndCheckAsync(_file, 1));
    }

    [Theory]
    [InlineData(LinuxFiles.IoError)]
    [InlineData(LinuxFiles.ReadOnlyFileSystem)]
    public async Task A_disk_that_cannot_be_written_leaves_service_with_a_reason(int error)
    {
        await using StoreDirectory store = Open();
        Assert.True(await store.WriteAsync(_file, 0));
        _files.Fail = operation => operation == "write" ? error : 0;
        Assert.False(await store.WriteAsync(_file, 1));
        Assert.False(store.IsInService);
        Assert.NotNull(store.Status.OutOfService);
        Assert.Equal(PageSize, store.Status.Used);
    }

    [Fact]
    public async Task A_full_disk_is_answered_by_evicting_and_not_growing()
    {
        await using StoreDirectory store = Open();
        FileRef large = NewFile("large", 100 * PageSize);
        for (long page = 0; page < 50; page++)
            Assert.True(await store.WriteAsync(large, page));
        _files.Fail = operation => operation == "write" ? LinuxFiles.NoSpace : 0;
        Assert.False(await store.WriteAsync(large, 50));
        _files.Fail = static _ => 0;
        await store.Settled;
        Assert.True(store.IsInService);
        Assert.InRange(store.Status.Used, 1, 45 * PageSize);
        for (long page = 50; page < 100; page++)
            Assert.True(await store.WriteAsync(large, page));
        Assert.InRange(store.Status.Used, 1, 50 * PageSize);
    }

    [Fact]
    public async Task Too_few_descriptors_make_misses_and_lose_nothing()
    {
        await using StoreDirectory store = Open(maxOpenFiles: 1);
        Assert.True(await store.WriteAsync(_file, 0));
        Assert.True(await store.WriteAsync(NewFile("other", 2 * PageSize), 0));
        _files.Fail = operation => operation == "open" ? LinuxFiles.TooManyOpenFiles : 0;
        Assert.False(await store.ReadAndCheckAsync(_file, 0));
        _files.Fail = static _ => 0;
        Assert.True(await store.ReadAndCheckAsync(_file, 0));
        Assert.Equal(0, store.Status.Healed);
    }

    [Fact]
    public async Task An_epoch_over_many_small_files_leaves_most_of_the_open_files_as_they_are()
    {
        await using StoreDirectory store = Open(maxOpenFiles: 1);
        FileRef[] small = [.. Enumerable.Range(0, 7).Select(i => NewFile($"small{i}", 10))];
        Assert.True(await store.WriteAsync(_file, 0));
        foreach (FileRef file in small)
            Assert.True(await store.WriteAsync(file, 0));
        int opens = 0;
        _files.Before = operation => opens += operation == "open" ? 1 : 0;
        Assert.True(await store.ReadAndCheckAsync(_file, 0));
        Assert.Equal(0, opens);
        Assert.Equal(1, store.OpenFiles);
    }

    private static void Damage(string path, string damage)
    {
        if (damage == "deleted")
        {
            File.Delete(path);
            return;
        }
        byte was = File.ReadAllBytes(path)[^1000];
        using FileStream file = File.OpenWrite(path);
        if (damage == "truncated")
        {
            file.SetLength(4 * PageSize - 1);
            return;
        }
        file.Position = damage == "zeroed" ? 3 * PageSize : 4 * PageSize - 1000;
        file.Write(damage == "zeroed" ? new byte[PageSize] : [(byte)~was]);
    }

    private StoreDirectory Open(int maxOpenFiles = 64) =>
        OpenDirectory(_root["store"], wrap: inner => _files = new HeldBackingFiles(inner), maxOpenFiles: maxOpenFiles);
}

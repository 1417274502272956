using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Real file systems that run full or turn read-only under an open store.</summary>
public sealed class SmallDiskTests
{
    private const long DiskBytes = 64 * PageSize;

    /// <summary>The quota never stops anybody here: the disk does.</summary>
    private const long Quota = 1L << 30;

    private readonly FileRef _file = NewFile("large", 4000 * PageSize);
    private readonly ManualTimeProvider _time = new();

    [MountFact]
    public async Task A_disk_that_runs_full_stays_in_service_and_serves_what_it_kept()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(DiskBytes);
        await using StoreDirectory store = OpenDirectory(disk["store"], Quota, time: _time);
        int kept = await WriteAsync(store, 0, 500);
        Assert.True(store.IsInService);
        Assert.InRange(kept, 400, 499);
        Assert.InRange(store.Status.Used, DiskBytes / 2, DiskBytes);
        Assert.InRange(await ReadAllAsync(store, 500), DiskBytes / 2 / PageSize, 64);
        Assert.Equal(0, store.Status.Healed);
    }

    [MountFact]
    public async Task The_quota_comes_back_when_the_disk_has_room_again()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(DiskBytes);
        string ballast = disk["ballast"];
        await File.WriteAllBytesAsync(ballast, new byte[DiskBytes / 2]);
        await using StoreDirectory store = OpenDirectory(disk["store"], Quota, time: _time);
        await WriteAsync(store, 0, 200);
        Assert.InRange(store.Status.Used, DiskBytes / 4, DiskBytes / 2);

        File.Delete(ballast);
        await WriteAsync(store, 200, 200);
        Assert.InRange(store.Status.Used, DiskBytes / 4, DiskBytes / 2);
        for (int i = 0; i < 8; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            await WriteAsync(store, 400 + i * 100, 100);
        }

        Assert.InRange(store.Status.Used, DiskBytes * 3 / 4, DiskBytes);
        Assert.True(await ReadAllAsync(store, 1200) >= DiskBytes * 3 / 4 / PageSize);
        Assert.Equal(0, store.Status.Healed);
    }

    [MountFact]
    public async Task What_was_kept_on_a_full_disk_is_there_after_a_restart()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(DiskBytes);
        await using (StoreDirectory store = OpenDirectory(disk["store"], Quota, time: _time))
            await WriteAsync(store, 0, 300);
        await using StoreDirectory again = OpenDirectory(disk["store"], Quota);
        await again.Swept;
        long pages = again.Status.Pages;
        Assert.Equal(pages - again.Status.Healed, await ReadAllAsync(again, 300));
        Assert.True(await ReadAllAsync(again, 300) > 0);
        await WriteAsync(again, 300, 100);
        Assert.True(await ReadAllAsync(again, 400) > 0);
        Assert.True(again.IsInService);
    }

    /// <summary>A name that found no room in the log would hide its file from every later free.</summary>
    [MountFact]
    public async Task Files_kept_while_the_disk_was_full_are_found_by_a_free()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(DiskBytes);
        await using StoreDirectory store = OpenDirectory(disk["store"], Quota, time: _time);
        for (int i = 0; i < 3000; i++)
            await store.WriteAsync(NewFile($"directory with a long name {i:D200}", 1 + i % 9000), 0);
        await store.Settled;
        Assert.True(store.Status.Pages > 100);
        Assert.True((await store.DropAsync(Source, "", true, default)).Pages > 100);
        // What lost its name in these last moments leaves by itself.
        await UntilAsync(() => store.Status.Pages == 0);
        Assert.Equal(0, store.Status.Files);
    }

    [MountFact(ext4: true)]
    public async Task A_disk_that_turns_read_only_leaves_service_with_a_reason_and_closes_cleanly()
    {
        using SmallFileSystem disk = SmallFileSystem.Ext4(16 * CacheLimits.MiB);
        await using (StoreDirectory store = OpenDirectory(disk["store"], Quota))
        {
            Assert.Equal(20, await WriteAsync(store, 0, 20));
            disk.TurnReadOnly();
            Assert.False(await store.WriteAsync(_file, 20));
            Assert.False(store.IsInService);
            Assert.Contains("read-only", store.Status.OutOfService, StringComparison.Ordinal);
        }
    }

    [MountFact(ext4: true)]
    public async Task A_directory_whose_permissions_were_taken_away_leaves_service_and_closes_cleanly()
    {
        using SmallFileSystem disk = SmallFileSystem.Ext4(16 * CacheLimits.MiB);
        await using (StoreDirectory store = OpenDirectory(disk["store"], Quota))
        {
            Assert.Equal(20, await WriteAsync(store, 0, 20));
            SmallFileSystem.ForbidWriting(disk["store"]);
            Assert.False(await store.WriteAsync(NewFile("other", 10), 0));
            Assert.False(store.IsInService);
            Assert.Contains("not permitted", store.Status.OutOfService, StringComparison.Ordinal);
        }
    }

    private async Task<int> WriteAsync(StoreDirectory store, long from, int count)
    {
        int kept = 0;
        for (long page = from; page < from + count; page++)
            kept += await store.WriteAsync(_file, page) ? 1 : 0;
        await store.Settled;
        return kept;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task<int> ReadAllAsync(StoreDirectory store, int pages)
    {
        int served = 0;
        for (long page = 0; page < pages; page++)
            served += await store.ReadAndCheckAsync(_file, page) ? 1 : 0;
        return served;
    }
}

using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.Local;

public sealed class LocalReaderTests : LocalFixture
{
    private const int Length = 3 << 20;

    public static TheoryData<string> Changes => ["shrink", "grow", "overwrite", "replace", "vanish", "chmod"];

    private string Big => Path.Combine(Root, "big");

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_file_that_changes_while_it_is_read_is_Changed_and_never_short(string change)
    {
        File.WriteAllBytes(Big, Content(Length));
        UfsStatus status = await StatusAsync("big");
        await using IUfsReader reader = await Storage.OpenReadAsync("big", status.Version, 0, Length, None);
        byte[] buffer = new byte[Length];
        int first = await reader.ReadAsync(buffer, None);
        Assert.InRange(first, 1, LocalReader.MaxPiece);
        Assert.Equal(Content(Length).AsSpan(0, first), buffer.AsSpan(0, first));
        Posix.WaitForTick(Directory.Path);
        Change(change);
        await AssertFailsAsync(CacheError.Changed, async () => await reader.ReadAsync(buffer, None));
    }

    [Fact]
    public async Task A_file_that_shrank_before_the_read_reached_its_end_is_Changed()
    {
        File.WriteAllBytes(Big, Content(100));
        await using IUfsReader reader = await Storage.OpenReadAsync("big", null, 0, 100, None);
        Posix.WaitForTick(Directory.Path);
        Change("shrink");
        await AssertFailsAsync(CacheError.Changed, async () => await reader.ReadAsync(new byte[100], None));
    }

    [Fact]
    public async Task Reading_does_not_change_the_version()
    {
        UfsStatus before = await StatusAsync("file");
        Assert.Equal(6, (await ReadAllAsync("file")).Length);
        Assert.Equal(before, await StatusAsync("file"));
    }

    [Fact]
    public async Task Data_that_left_the_page_cache_is_read_all_the_same()
    {
        const int DontNeed = 4;
        byte[] content = Content(20 << 20);
        UfsStatus status = await PutAsync("big", content);
        using (var handle = File.OpenHandle(Big))
            _ = Libc.Advise(handle, 0, 0, DontNeed);
        Assert.Equal(content, await ReadAsync("big", status.Version, 0, content.Length));
        Assert.Equal(content.AsSpan(5_000_001, 9_000_000).ToArray(), await ReadAsync("big", status.Version, 5_000_001, 9_000_000, piece: 99_999));
    }

    [Fact]
    public async Task Reading_allocates_nothing_that_grows_with_the_data()
    {
        using var directory = new TemporaryDirectory(onTmpfs: true);
        directory.Write("big", Content(32 << 20));
        await using var storage = new LocalUnderStorage(directory.Path, Time);
        byte[] buffer = new byte[64 << 10];
        await using IUfsReader reader = await storage.OpenReadAsync("big", null, 0, 32 << 20, None);
        await reader.ReadAsync(buffer, None);
        // A fifth of the file each time.
        long allocated = Allocations.Of(async () =>
        {
            for (int i = 0; i < 102; i++)
            {
                ValueTask<int> read = reader.ReadAsync(buffer, None);
                Assert.True(read.IsCompletedSuccessfully, "Data in memory must be read inline.");
                // Assert.Equal allocates.
                Assert.True(await read == buffer.Length);
            }
        });
        Assert.InRange(allocated, 0, 1024);
    }

    [Fact]
    public async Task Files_are_published_once_both_times_are_two_seconds_old()
    {
        DateTimeOffset changed = (await StatusAsync("file")).LastModified;
        Assert.False(await MayPublishAt(changed));
        Assert.False(await MayPublishAt(changed.AddSeconds(1.9)));
        Assert.True(await MayPublishAt(changed.AddSeconds(2.1)));
    }

    [Fact]
    public async Task A_change_time_in_the_future_is_never_published_before_its_time()
    {
        DateTimeOffset changed = (await StatusAsync("file")).LastModified;
        Assert.False(await MayPublishAt(changed.AddHours(-1)));
        Assert.False(await MayPublishAt(changed.AddDays(-1000)));
    }

    [Fact]
    public async Task An_mtime_set_far_into_the_future_does_not_block_publishing_for_ever()
    {
        DateTimeOffset now = (await StatusAsync("file")).LastModified;
        File.SetLastWriteTimeUtc(Path.Combine(Root, "file"), now.AddDays(365).UtcDateTime);
        Assert.True(await MayPublishAt(now.AddDays(1)));
        Assert.False(await MayPublishAt(now.AddDays(365).AddSeconds(-1)));
        Assert.False(await MayPublishAt(now.AddDays(365).AddSeconds(1)));
        Assert.True(await MayPublishAt(now.AddDays(366)));
    }

    private async Task<bool> MayPublishAt(DateTimeOffset start)
    {
        Time.SetUtcNow(start);
        await using IUfsReader reader = await Storage.OpenReadAsync("file", null, 0, 6, None);
        await ReadToEndAsync(reader);
        return reader.MayPublish;
    }

    private void Change(string change)
    {
        switch (change)
        {
            case "shrink":
                using (var handle = File.OpenHandle(Big, access: FileAccess.Write))
                    RandomAccess.SetLength(handle, 10);
                break;
            case "grow":
                File.AppendAllText(Big, "more");
                break;
            case "overwrite":
                using (var handle = File.OpenHandle(Big, access: FileAccess.Write))
                    RandomAccess.Write(handle, "x"u8, 0);
                File.SetLastWriteTimeUtc(Big, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
                break;
            case "replace":
                File.WriteAllBytes(Big + ".new", Content(Length, seed: 2));
                File.Move(Big + ".new", Big, overwrite: true);
                break;
            case "vanish":
                File.Delete(Big);
                break;
            case "chmod":
                File.SetUnixFileMode(Big, UnixFileMode.None);
                break;
        }
    }
}

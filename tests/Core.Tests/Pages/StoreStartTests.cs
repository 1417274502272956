using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Journal;
using Orleans.Cache.Testing;
using Xunit.Abstractions;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Starts over many pages: what they read is asserted, how long they take is printed (it is the machine's).</summary>
public sealed class StoreStartTests(ITestOutputHelper output)
{
    /// <summary>Pages of a start; OCACHE_START_PAGES=1000000 measures the size that the design names.</summary>
    private static readonly int Pages = int.TryParse(Environment.GetEnvironmentVariable("OCACHE_START_PAGES"), out int pages) ? pages : 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    public async Task A_start_reads_records_and_touches_no_backing_file(int pagesPerFile)
    {
        using var root = new TemporaryDirectory(onTmpfs: true);
        await using (OpenDirectory(root["store"]))
        {
        }
        Assert.True(StoreHeader.TryRead(File.ReadAllBytes(root["store/FORMAT"]), out StoreHeader format));
        WriteJournal(root["store/journal-50"], format.For(StoreFileKind.Journal, 50), pagesPerFile);
        int touched = 0;
        long started = TimeProvider.System.GetTimestamp();
        await using StoreDirectory store = OpenDirectory(
            root["store"], long.MaxValue / 2, inner => new HeldBackingFiles(inner) { Before = _ => Interlocked.Increment(ref touched) }, new ManualTimeProvider());
        TimeSpan took = TimeProvider.System.GetElapsedTime(started);
        Assert.Equal(Pages, store.Status.Pages);
        Assert.Equal((Pages + pagesPerFile - 1) / pagesPerFile, store.Status.Files);
        Assert.Equal(Pages, store.Recovered.Records);
        Assert.Equal(0, Volatile.Read(ref touched));
        output.WriteLine($"{Pages:N0} pages in {store.Status.Files:N0} files: {took.TotalMilliseconds:N0} ms, index {store.Status.IndexBytes / (double)Pages:N1} bytes a page");
    }

    private static void WriteJournal(string path, StoreHeader header, int pagesPerFile)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        file.Write(header.ToBytes());
        var record = new byte[JournalRecord.Size];
        var random = new Random(1);
        var id = new byte[16];
        FileId current = default;
        for (int i = 0; i < Pages; i++)
        {
            if (i % pagesPerFile == 0)
            {
                random.NextBytes(id);
                current = new FileId(new UInt128(BitConverter.ToUInt64(id), BitConverter.ToUInt64(id, 8)));
            }
            new JournalRecord(JournalKind.PageAdded, current, 1, (long)pagesPerFile * PageSize, i % pagesPerFile, (uint)i).Write(record);
            file.Write(record);
        }
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Bench;

/// <summary>How long a page store takes to open with many pages in it: as one-page files (the most names) and as pages of large files.</summary>
internal static class StartUp
{
    private const int PageSize = 64 * CacheLimits.KiB;

    public static async Task RunAsync(int pages, int rounds)
    {
        var table = new Table("store with", "pages", "open, ms", "index MiB", "bytes a page");
        await MeasureAsync(table, "one-page files of 100 bytes", pages, pagesPerFile: 1, lastPageLength: 100, rounds);
        // Sparse pages would be cheaper to write, but a store holds what it was given: short last pages keep the data small.
        await MeasureAsync(table, "files of 4 pages of 64 KiB", pages / 16, pagesPerFile: 4, lastPageLength: PageSize, rounds);
        table.Print();
    }

    private static async Task MeasureAsync(Table table, string what, int pages, int pagesPerFile, int lastPageLength, int rounds)
    {
        using var data = new Workspace();
        var directory = new StoreDirectoryOptions(data.Store, 64 * CacheLimits.GiB);
        await using (FilePageStore store = await OpenAsync(directory))
            await PopulateAsync(store, pages, pagesPerFile, lastPageLength);

        var milliseconds = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            long start = TimeProvider.System.GetTimestamp();
            await using FilePageStore store = await OpenAsync(directory);
            milliseconds.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
            StoreDirectoryStatus status = store.GetStatus()[0];
            if (status.Pages != pages)
                throw new InvalidOperationException($"{status.Pages} pages came back of {pages}.");
            if (round == rounds - 1)
                table.Add(what, $"{pages}", Median.WithSpread(milliseconds, "0"), $"{status.IndexBytes >> 20}", $"{status.IndexBytes / (double)pages:0.0}");
        }
    }

    private static Task<FilePageStore> OpenAsync(StoreDirectoryOptions directory) => FilePageStore.OpenAsync(
        [directory], PageSize, () => EvictionPolicies.Create("s3fifo"), new CacheLimits(), TimeProvider.System, NullLogger.Instance, default);

    private static async Task PopulateAsync(FilePageStore store, int pages, int pagesPerFile, int lastPageLength)
    {
        byte[] content = new byte[PageSize];
        new Random(1).NextBytes(content);
        var identity = new UfsIdentity("file:///bench");
        await Parallel.ForEachAsync(Enumerable.Range(0, pages / pagesPerFile), async (i, cancellationToken) =>
        {
            var file = new FileRef(identity, $"d{i / 1000}/f{i}", new FileVersion("v1"), (pagesPerFile - 1L) * PageSize + lastPageLength, PageSize);
            for (long page = 0; page < pagesPerFile; page++)
            {
                if (!await store.WriteAsync(file, page, content.AsMemory(0, file.PageLength(page)), cancellationToken))
                    throw new InvalidOperationException("The store refused a page.");
            }
        });
    }
}

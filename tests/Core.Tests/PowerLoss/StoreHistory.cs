using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Core.Tests.Pages;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.PowerLoss;

/// <summary>
/// A real store directory under a random life (writes, frees, evictions, restarts with their snapshots), and what its files
/// held at moments of it. A page's bytes follow from its file and number, so any bytes that are served can be judged.
/// </summary>
internal static class StoreHistory
{
    /// <summary>One block of the file systems, which no test needs to be larger: an image is read and written in a few milliseconds.</summary>
    public const int PageBytes = 4096;

    /// <summary>Less than a third of all contents, so that pages are evicted all the time.</summary>
    public const long Capacity = 24 * PageBytes;

    private const int Moments = 6;

    /// <summary>From one page to more than one extent of 64, the last page short; two versions of each key.</summary>
    public static readonly FileRef[] Files =
    [
        .. Enumerable.Range(0, 12).Select(i =>
            NewFile($"d{i % 3}/f{i / 2}", i == 11 ? 70 * PageBytes : 1 + (i * PageBytes * 3 / 4), $"v{i % 2}", PageBytes)),
    ];

    /// <summary>Opens a directory, as a start of the node does.</summary>
    public static StoreDirectory Open(string path, TimeProvider? time = null) => StoreDirectory.Open(
        new StoreDirectoryOptions(path, Capacity), PageBytes, new FifoPolicy(), new StorageSpaces(TimeProvider.System), maxOpenFiles: 8, time ?? new ManualTimeProvider(), NullLogger.Instance);

    /// <summary>Lives in the directory, and gives what was in it at some moments, the oldest first: path below it to content.</summary>
    public static async Task<IReadOnlyList<Dictionary<string, byte[]>>> LiveAsync(string path, Random random)
    {
        var moments = new List<Dictionary<string, byte[]>>();
        StoreDirectory store = Open(path);
        for (int moment = 0; moment < Moments; moment++)
        {
            await UseAsync(store, random, steps: random.Next(5, 80));
            if (random.Next(3) == 0)
            {
                await store.DisposeAsync();
                store = Open(path);
                await UseAsync(store, random, steps: random.Next(0, 20));
            }
            await store.Settled;
            await store.FlushAsync();
            moments.Add(Read(path));
        }
        await store.DisposeAsync();
        return moments;
    }

    public static async Task UseAsync(StoreDirectory store, Random random, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            FileRef file = Files[random.Next(Files.Length)];
            if (random.Next(25) == 0)
                await store.DropAsync(Source, random.Next(2) == 0 ? file.Key : "d1", recursive: true, default);
            else
                await store.WriteAsync(file, random.NextInt64(file.PageCount));
        }
    }

    /// <summary>Reads every page of every file in every way, and gives how many were there.</summary>
    public static async Task<int> ReadAllAsync(StoreDirectory store)
    {
        int served = 0;
        foreach (FileRef file in Files)
        {
            for (long page = 0; page < file.PageCount; page++)
            {
                if (!await store.ReadAndCheckAsync(file, page))
                    continue;
                served++;
                CheckLent(store, file, page);
            }
        }
        return served;
    }

    private static Dictionary<string, byte[]> Read(string path) => Directory
        .EnumerateFiles(path, "*", SearchOption.AllDirectories)
        .Where(f => Path.GetFileName(f) != "LOCK")
        .ToDictionary(f => Path.GetRelativePath(path, f), ReadShared);

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static void CheckLent(StoreDirectory store, FileRef file, long page)
    {
        using BackingLease? lease = store.TryLease(file, page * PageBytes, file.PageLength(page));
        if (lease is null)
            return;
        var bytes = new byte[lease.Length];
        Assert.Equal(bytes.Length, RandomAccess.Read(lease.File, bytes, lease.Offset));
        Assert.True(bytes.AsSpan().SequenceEqual(Bytes(file, page)), $"Wrong bytes were lent for page {page} of {file}.");
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Contents and directories that the page store's tests share. A page's bytes follow from its file and number.</summary>
internal static class PageStoreFixture
{
    public const int PageSize = 64 * 1024;

    public static readonly UfsIdentity Source = new("file:///source");

    public static FileRef NewFile(string key, long length, string version = "v1", int pageSize = PageSize) =>
        new(Source, key, new FileVersion(version), length, pageSize);

    public static byte[] Bytes(FileRef file, long page)
    {
        var bytes = new byte[file.PageLength(page)];
        new Random(HashCode.Combine((int)(ulong)file.Id.Value, (int)page, 7) & int.MaxValue).NextBytes(bytes);
        return bytes;
    }

    public static Task<FilePageStore> OpenAsync(TemporaryDirectory root, long capacity = 1L << 30, CacheLimits? limits = null) =>
        FilePageStore.OpenAsync(
            [new StoreDirectoryOptions(root["store"], capacity)], PageSize, () => new FifoPolicy(), limits ?? new CacheLimits(),
            TimeProvider.System, NullLogger.Instance, default);

    public static StoreDirectory OpenDirectory(
        string path, long capacity = 1L << 30, Func<IBackingFiles, IBackingFiles>? wrap = null, TimeProvider? time = null, int maxOpenFiles = 64,
        TimeSpan scrubPeriod = default, IEvictionPolicy? policy = null) =>
        StoreDirectory.Open(
            new StoreDirectoryOptions(path, capacity) { ScrubPeriod = scrubPeriod }, PageSize, policy ?? new FifoPolicy(), new StorageSpaces(time ?? TimeProvider.System), maxOpenFiles,
            time ?? TimeProvider.System, NullLogger.Instance, wrap);

    public static async Task<bool> WriteAsync(this FilePageStore store, FileRef file, long page) =>
        await store.WriteAsync(file, page, Bytes(file, page), default);

    public static async Task<bool> WriteAsync(this StoreDirectory store, FileRef file, long page, CancellationToken cancellationToken = default)
    {
        if (await store.BeginWriteAsync(file, page, cancellationToken) is not { } write)
            return false;
        await using (write)
            return await write.CommitAsync(Bytes(file, page));
    }

    /// <summary>Reads a whole page; null is a miss. Fails where the bytes are not the page's.</summary>
    public static async Task<bool> ReadAndCheckAsync(this FilePageStore store, FileRef file, long page)
    {
        var bytes = new byte[file.PageLength(page)];
        if (!await store.ReadAsync(file, page, 0, bytes, default))
            return false;
        Assert.True(bytes.AsSpan().SequenceEqual(Bytes(file, page)), $"Wrong bytes were served for page {page} of {file}.");
        return true;
    }

    /// <summary>As above, by the path that waits.</summary>
    public static async Task<bool> ReadAndCheckAsync(this StoreDirectory store, FileRef file, long page)
    {
        var bytes = new byte[file.PageLength(page)];
        if (!await store.ReadAsync(file, page, 0, bytes, default))
            return false;
        Assert.True(bytes.AsSpan().SequenceEqual(Bytes(file, page)), $"Wrong bytes were served for page {page} of {file}.");
        return true;
    }

    /// <summary>The backing files of a store directory.</summary>
    public static string[] BackingFiles(string storeDirectory) =>
        Directory.Exists(Path.Combine(storeDirectory, "pages"))
            ? Directory.GetFiles(Path.Combine(storeDirectory, "pages"), "*-*", SearchOption.AllDirectories)
            : [];

    /// <summary>Allocated bytes of a file, as stat(2) counts them.</summary>
    public static long Allocated(string path)
    {
        int file = LinuxFiles.Open(path, LinuxFiles.ReadOnly, 0);
        long bytes = LinuxFiles.AllocatedBytes(file);
        LinuxFiles.Close(file);
        return bytes;
    }
}

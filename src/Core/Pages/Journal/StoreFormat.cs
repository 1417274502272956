namespace Orleans.Cache.Pages.Journal;

/// <summary>
/// The file FORMAT that makes a directory a store directory. A directory that holds anything else and no FORMAT is refused: it
/// is somebody's, and the sweep deletes what it does not know.
/// </summary>
internal static class StoreFormat
{
    private const string FileName = "FORMAT";

    /// <exception cref="CacheException">InvalidArgument: not a store directory, or one of another format or page size.</exception>
    public static StoreHeader OpenOrCreate(string directory, int pageSize)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return Create(directory, path, pageSize);
        byte[] bytes = File.ReadAllBytes(path);
        if (!StoreHeader.TryRead(bytes, out StoreHeader header) || header.Kind != StoreFileKind.Format)
            throw Refused(directory, "its file FORMAT is damaged");
        if (header.Version != StoreHeader.CurrentVersion)
            throw Refused(directory, $"it has format {header.Version} and this program reads format {StoreHeader.CurrentVersion}");
        if (header.PageSize != pageSize)
            throw Refused(directory, $"it holds pages of {header.PageSize} bytes and the page size is {pageSize}");
        return header;
    }

    private static StoreHeader Create(string directory, string path, int pageSize)
    {
        foreach (string entry in Directory.EnumerateFileSystemEntries(directory))
        {
            if (Path.GetFileName(entry) is not ("LOCK" or "lost+found" or FileName + ".tmp"))
            {
                throw new CacheException(CacheError.InvalidArgument,
                    $"The directory '{directory}' is not empty and no store directory; name an empty or a missing one.");
            }
        }
        var header = new StoreHeader(StoreFileKind.Format, StoreHeader.CurrentVersion, pageSize, Guid.NewGuid(), 0);
        using (FileStream file = File.Create(path + ".tmp"))
        {
            file.Write(header.ToBytes());
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".tmp", path);
        LinuxFiles.SyncDirectory(directory);
        return header;
    }

    private static CacheException Refused(string directory, string reason) => new(CacheError.InvalidArgument,
        $"The store directory '{directory}' cannot be used: {reason}. Delete its contents (only a cache is lost), or name another directory.");
}

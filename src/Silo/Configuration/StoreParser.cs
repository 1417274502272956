namespace Orleans.Cache.Silo.Configuration;

/// <summary>Reads <c>DIR=SIZE</c> and knows the default store directory.</summary>
internal sealed class StoreParser(string workingDirectory, Func<string, string?> environment, ICollection<string> problems)
{
    /// <summary>Enough for a first dataset, little enough to go unnoticed on a laptop's disk.</summary>
    private const long DefaultCapacity = 10 * CacheLimits.GiB;

    public StoreOptions? Parse(GivenValue given, int pageSize)
    {
        int equals = given.Text.LastIndexOf('=');
        if (equals <= 0)
            return Refuse($"{given.Origin} {given.Text} is not DIR=SIZE; write for example /var/cache/ocache=100GiB.");
        string size = given.Text[(equals + 1)..];
        if (!ByteSize.TryParse(size, out long bytes))
            return Refuse($"{given.Origin} {given.Text}: '{size}' is not {ByteSize.Form}.");
        if (bytes < pageSize)
            return Refuse($"{given.Origin} {given.Text} holds no page; give it at least {ByteSize.Format(pageSize)}, the page size.");
        return new StoreOptions(Path.GetFullPath(given.Text[..equals], workingDirectory), bytes);
    }

    /// <summary>A directory under the user's cache home; 10 GiB or a tenth of its disk, whichever is less.</summary>
    public StoreOptions? Default()
    {
        string? cacheHome = environment("XDG_CACHE_HOME");
        string? home = environment("HOME");
        // The XDG specification: a path that is not absolute is to be ignored.
        if (cacheHome is null || !Path.IsPathRooted(cacheHome))
            cacheHome = string.IsNullOrEmpty(home) ? null : Path.Combine(home, ".cache");
        if (cacheHome is null)
            return Refuse("There is no home directory to keep pages in: neither HOME nor XDG_CACHE_HOME is set; give --store DIR=SIZE.");
        string directory = Path.Combine(cacheHome, "orleans-cache", "pages");
        return new StoreOptions(directory, Math.Min(DefaultCapacity, DiskSize(directory) / 10));
    }

    private static long DiskSize(string directory)
    {
        string existing = directory;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing)!;
        return new DriveInfo(existing).TotalSize;
    }

    private StoreOptions? Refuse(string problem)
    {
        problems.Add(problem);
        return null;
    }
}

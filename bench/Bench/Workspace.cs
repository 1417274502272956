namespace Orleans.Cache.Bench;

/// <summary>Source and store directories on tmpfs, gone afterwards: disks would measure themselves.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateDirectory(Path.Combine("/dev/shm", "ocache-bench-" + Guid.NewGuid().ToString("N")[..8]));

    public Workspace()
    {
        Source = _root.CreateSubdirectory("source").FullName;
        Store = _root.CreateSubdirectory("store").FullName;
        Kept = _root.CreateSubdirectory("kept").FullName;
    }

    public string Source { get; }

    public string Store { get; }

    /// <summary>What others than the node keep.</summary>
    public string Kept { get; }

    public void WriteSourceFile(string name, long size)
    {
        string path = Path.Combine(Source, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        byte[] block = new byte[Math.Min(size, 1 << 20)];
        var random = new Random(name.GetHashCode(StringComparison.Ordinal));
        for (long written = 0; written < size; written += block.Length)
        {
            random.NextBytes(block);
            file.Write(block, 0, (int)Math.Min(block.Length, size - written));
        }
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }

    /// <summary>Files younger than two seconds are read past the cache (SEMANTICS.md section 3): wait until that is over.</summary>
    public static void LetVersionsSettle() => Thread.Sleep(TimeSpan.FromSeconds(2.5));

    /// <summary>Deletes what lies below a directory.</summary>
    public static void Empty(string directory)
    {
        foreach (string inside in Directory.GetDirectories(directory))
            Directory.Delete(inside, recursive: true);
    }

    public void Dispose() => _root.Delete(recursive: true);
}

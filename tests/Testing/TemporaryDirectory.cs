namespace Orleans.Cache.Testing;

/// <summary>A directory of its own for one test, gone afterwards.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <param name="onTmpfs">In /dev/shm where that exists, else on the disk that holds temporary files.</param>
    public TemporaryDirectory(bool onTmpfs = false)
    {
        string parent = onTmpfs && Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, "ocache-test-" + Guid.NewGuid().ToString("N"))).FullName;
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file below the directory, parents included, and gives its full path.</summary>
    public string Write(string name, ReadOnlySpan<byte> content)
    {
        string full = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
        return full;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

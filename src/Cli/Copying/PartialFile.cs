using System.Security.Cryptography;
using System.Text;
using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Copying;

/// <summary>
/// What has come of a file so far, beside its target, renamed to it once it is whole: whoever reads the target sees the old file
/// or the new one. Its name holds a hash of the target's name and one of the source's version: the next download finds the
/// bytes of its own version only, and removes those of others. One download at a time: it is locked while it is open.
/// </summary>
internal sealed class PartialFile
{
    /// <summary>Bytes of a file worth resuming: fetching a MiB again costs less than looking for what is left of it.</summary>
    private const long WorthKeeping = 1024 * 1024;

    private readonly string _target;
    private readonly long _length;

    private PartialFile(string target, string path, long length)
    {
        _target = target;
        _length = length;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Bytes that are there.</summary>
    public long Length => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    public static PartialFile Of(string target, NodeAddress node, Entry file)
    {
        string directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(target))!;
        string stem = ".ocache-" + Hash(System.IO.Path.GetFileName(target));
        string name = $"{stem}-{Hash($"{node}\n{file.Path}\n{file.Version}\n{file.Length}")}.part";
        // Reading the directory for each of many small files would take longer than the files.
        foreach (string other in file.Length < WorthKeeping ? [] : Directory.EnumerateFiles(directory, stem + "-*.part").Where(f => System.IO.Path.GetFileName(f) != name))
            File.Delete(other);
        return new PartialFile(target, System.IO.Path.Combine(directory, name), file.Length);
    }

    /// <summary>Opens it behind what is there already.</summary>
    /// <exception cref="IOException">Another process downloads the same, or it cannot be written.</exception>
    public FileStream Open()
    {
        var stream = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        stream.Seek(0, SeekOrigin.End);
        return stream;
    }

    /// <summary>It is whole: takes the target's name, with the source's time so that the next copy sees that they are the same.</summary>
    public void Complete(DateTimeOffset lastModified)
    {
        File.SetLastWriteTimeUtc(Path, lastModified.UtcDateTime);
        File.Move(Path, _target, overwrite: true);
    }

    /// <summary>The download failed: what there is stays if it is worth it.</summary>
    public void GiveUp()
    {
        if (_length < WorthKeeping || Length == 0)
            File.Delete(Path);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
}

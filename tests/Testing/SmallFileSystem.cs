using System.Diagnostics;

namespace Orleans.Cache.Testing;

/// <summary>
/// A file system of its own for one test, of a few MiB: it can run full, and (ext4) turn read-only while files on it are open, as
/// the kernel makes it after an error of the disk. Tests that need one carry <see cref="MountFactAttribute"/>.
/// </summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TemporaryDirectory? _image;
    private readonly string? _device;

    private SmallFileSystem(params string[] mount)
    {
        Path = Directory.CreateDirectory(_directory["mounted"]).FullName;
        Run("mount", [.. mount, Path]);
    }

    private SmallFileSystem(TemporaryDirectory directory, string image)
        : this("-o", "loop,errors=remount-ro", image)
    {
        _image = directory;
        _device = System.IO.Path.GetFileName(Run("findmnt", ["-no", "SOURCE", Path]).Trim());
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>In memory, of that many bytes.</summary>
    public static SmallFileSystem Tmpfs(long bytes) => new("-t", "tmpfs", "-o", $"size={bytes},mode=0700", "ocache-test");

    /// <summary>On a file of that many bytes, some of which the file system takes for itself.</summary>
    public static SmallFileSystem Ext4(long bytes)
    {
        var directory = new TemporaryDirectory();
        string image = directory["image"];
        using (FileStream file = File.Create(image))
            file.SetLength(bytes);
        Run("mkfs.ext4", ["-q", image]);
        return new SmallFileSystem(directory, image);
    }

    /// <summary>Has the kernel find an error, upon which it makes the file system read-only under whoever has files open.</summary>
    public void TurnReadOnly() => File.WriteAllText($"/sys/fs/ext4/{_device}/trigger_fs_error", "1");

    /// <summary>Nobody may write what is below the path any more, root included; files that are open stay writable.</summary>
    public static void ForbidWriting(string path) => Run("chattr", ["-R", "+i", path]);

    public void Dispose()
    {
        Run("umount", ["-l", Path]);
        _directory.Dispose();
        _image?.Dispose();
    }

    private static string Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}");
    }
}

namespace Orleans.Cache.Testing;

/// <summary>A test that mounts a file system; skipped, with the reason, where that is not permitted.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Tmpfs = new(() => Try(() => SmallFileSystem.Tmpfs(CacheLimits.MiB)));

    private static readonly Lazy<string?> Ext4 = new(() => Try(() => SmallFileSystem.Ext4(2 * CacheLimits.MiB)));

    /// <param name="ext4">The test needs a disk's file system (a loop device and mkfs.ext4), not only a tmpfs.</param>
    public MountFactAttribute(bool ext4 = false) => Skip = (ext4 ? Ext4 : Tmpfs).Value;

    private static string? Try(Func<SmallFileSystem> mount)
    {
        try
        {
            mount().Dispose();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return "A file system cannot be mounted here (it takes root): " + e.Message.ReplaceLineEndings(" ");
        }
    }
}

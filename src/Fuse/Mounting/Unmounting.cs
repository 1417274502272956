namespace Orleans.Cache.Fuse.Mounting;

/// <summary>Unmounts what another process serves, or has served.</summary>
public static class Unmounting
{
    /// <param name="path">The mount point; it is not looked at, since it may hang.</param>
    /// <param name="lazy">Also while files are open.</param>
    /// <returns>Null: done. Else why not, and what to do.</returns>
    public static async Task<string?> UnmountAsync(string path, bool lazy)
    {
        var options = new FuseOptions();
        string full = MountPoint.Resolve(path);
        if (MountEntry.At(full) is not { } entry)
            return $"Nothing is mounted at '{full}'.";
        if (entry.Type != "fuse." + options.Subtype)
            return $"What is mounted at '{full}' is {entry.Type}, none of ours; use umount.";
        return await new MountPoint(full, options).UnmountAsync(lazy).ConfigureAwait(false) switch
        {
            0 => null,
            Errno.Busy => $"'{full}' is in use; close what is open there, or unmount it with --lazy.",
            int errno => $"'{full}' cannot be unmounted (errno {errno}).",
        };
    }
}

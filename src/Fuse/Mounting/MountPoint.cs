using System.Diagnostics;
using System.Globalization;
using Orleans.Cache.Fuse.Transport;

namespace Orleans.Cache.Fuse.Mounting;

/// <summary>
/// A directory on which a file system is mounted: with mount(2) by root, else with fusermount3. The directory itself is never looked at once
/// something of ours is mounted there: who asks it would ask himself.
/// </summary>
internal sealed class MountPoint
{
    /// <summary>A file system that has not answered in this time is alive as far as we may know.</summary>
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(2);

    private readonly FuseOptions _options;
    private readonly bool _isRoot = Libc.EffectiveUser() == 0;

    /// <summary>major:minor of what we mounted; null: not known, or nothing.</summary>
    private string? _device;

    internal MountPoint(string path, FuseOptions options)
    {
        Path = path;
        _options = options;
    }

    public string Path { get; }

    private string Type => "fuse." + _options.Subtype;

    /// <summary>Mounts; gives the descriptor of /dev/fuse. What a dead process of ours left mounted here is cleaned away first.</summary>
    /// <exception cref="FuseException">Why it cannot be mounted, and what to do.</exception>
    public static async Task<(MountPoint Point, int Descriptor)> MountAsync(string path, FuseOptions options)
    {
        var point = new MountPoint(Resolve(path), options);
        await point.CleanAsync().ConfigureAwait(false);
        if (!Directory.Exists(point.Path))
            throw new FuseException(Errno.NoEntry, $"The mount point '{point.Path}' is no directory; create it first.");
        int descriptor = point._isRoot ? point.MountAsRoot() : await point.MountWithHelperAsync().ConfigureAwait(false);
        point._device = MountEntry.At(point.Path)?.Device;
        return (point, descriptor);
    }

    /// <summary>The path as the kernel's table has it: absolute, and where symbolic links lead.</summary>
    public static string Resolve(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        return Libc.RealPath(full) ?? full;
    }

    /// <summary>Makes reads large. Without the right to do so they stay at 128 KiB.</summary>
    public void SetReadAhead()
    {
        try
        {
            if (MountEntry.At(Path) is { } entry)
                File.WriteAllText(entry.ReadAheadFile, (_options.ReadAheadBytes / 1024).ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Slower, not wrong.
        }
    }

    /// <summary>
    /// Unmounts. With <paramref name="detach"/> also while files are open: it is gone for everybody but them. What another process has mounted here since stays.
    /// </summary>
    /// <returns>0, or the error number: <see cref="Errno.Busy"/>.</returns>
    public async Task<int> UnmountAsync(bool detach)
    {
        if (_device is not null && MountEntry.At(Path)?.Device != _device)
            return 0;
        if (_isRoot)
            return -Libc.Unmount(Path, detach ? Libc.DetachMount : 0);
        using Process? helper = Process.Start(new ProcessStartInfo("fusermount3", detach ? ["-u", "-z", "-q", Path] : ["-u", "-q", Path]));
        if (helper is null)
            return Errno.NoEntry;
        await helper.WaitForExitAsync().ConfigureAwait(false);
        return helper.ExitCode == 0 ? 0 : Errno.Busy;
    }

    /// <summary>Ends all requests and the connection itself, also where it is mounted nowhere any more. False: it could not be done.</summary>
    public bool Abort()
    {
        const string Connections = "/sys/fs/fuse/connections";
        if (_device?.Split(':') is not [_, { } connection])
            return false;
        if (TryAbort(Connections, connection))
            return true;
        if (!_isRoot)
            return false;
        try
        {
            // Containers seldom have the file system of connections mounted.
            string own = Directory.CreateTempSubdirectory("ocache-fuse-").FullName;
            bool isDone = Libc.Mount("none", own, "fusectl", 0, "") == 0 && TryAbort(own, connection);
            _ = Libc.Unmount(own, Libc.DetachMount);
            Directory.Delete(own);
            return isDone;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryAbort(string connections, string connection)
    {
        try
        {
            string file = System.IO.Path.Combine(connections, connection, "abort");
            if (!File.Exists(file))
                return false;
            File.WriteAllText(file, "1");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A mount of ours whose process died refuses every access; it is taken away. One that lives is an error.</summary>
    private async Task CleanAsync()
    {
        while (MountEntry.At(Path) is { } there)
        {
            if (there.Type != Type)
                return;
            // Off this thread, for a mount that hangs would keep it for ever.
            Task<int> probing = Task.Factory.StartNew(() => Libc.Probe(Path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            bool answered = await Task.WhenAny(probing, Task.Delay(ProbePatience, TimeProvider.System)).ConfigureAwait(false) == probing;
            if (!answered || await probing.ConfigureAwait(false) != -Errno.NotConnected)
                throw new FuseException(Errno.Busy, $"'{Path}' is mounted already, and its process lives; unmount it first (ocache umount {Path}).");
            if (await UnmountAsync(detach: true).ConfigureAwait(false) != 0)
                throw new FuseException(Errno.Busy, $"A dead mount is at '{Path}', and it could not be unmounted; try fusermount3 -u -z {Path}.");
        }
    }

    private int MountAsRoot()
    {
        int device = Libc.Open("/dev/fuse", Libc.ReadWrite);
        if (device < 0)
            throw new FuseException(-device, $"/dev/fuse cannot be opened (errno {-device}); load the fuse module, or give the container the device.");
        string data = string.Create(CultureInfo.InvariantCulture,
            $"fd={device},rootmode=40000,user_id=0,group_id=0,max_read={_options.MaxReadBytes}{(_options.AllowOther ? ",allow_other" : "")}{(_options.DefaultPermissions ? ",default_permissions" : "")}");
        int result = Libc.Mount(_options.Source, Path, Type, Libc.NoSetUser | Libc.NoDevices | Libc.ReadOnlyMount | Libc.NoAccessTimes, data);
        if (result == 0)
            return device;
        _ = Libc.Close(device);
        throw new FuseException(-result, $"'{Path}' cannot be mounted (errno {-result}); in a container it takes the right to mount (CAP_SYS_ADMIN).");
    }

    /// <summary>fusermount3 opens and mounts by its own rights, and sends the descriptor over a socket that it is told of.</summary>
    private async Task<int> MountWithHelperAsync()
    {
        if (Libc.SocketPair(out int ours, out int theirs) < 0)
            throw new FuseException(Errno.NotSupported, "No socket can be made for fusermount3.");
        Libc.CloseAtExec(ours);
        try
        {
            string options = $"ro,nosuid,nodev,noatime,fsname={_options.Source},subtype={_options.Subtype},max_read={_options.MaxReadBytes}"
                + (_options.AllowOther ? ",allow_other" : "") + (_options.DefaultPermissions ? ",default_permissions" : "");
            var info = new ProcessStartInfo("fusermount3", ["-o", options, "--", Path]) { RedirectStandardError = true };
            info.Environment["_FUSE_COMMFD"] = theirs.ToString(CultureInfo.InvariantCulture);
            using Process helper = Process.Start(info) ?? throw new FuseException(Errno.NoEntry, "fusermount3 did not start.");
            string complaint = (await helper.StandardError.ReadToEndAsync().ConfigureAwait(false)).ReplaceLineEndings(" ").Trim();
            await helper.WaitForExitAsync().ConfigureAwait(false);
            _ = Libc.Close(theirs);
            theirs = -1;
            int device = helper.ExitCode == 0 ? Libc.ReceiveDescriptor(ours) : -Errno.NotPermitted;
            return device >= 0 ? device : throw new FuseException(-device, $"'{Path}' cannot be mounted: {complaint}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new FuseException(Errno.NoEntry, "fusermount3 is not installed, and only root mounts without it; install the package fuse3.");
        }
        finally
        {
            _ = Libc.Close(ours);
            if (theirs >= 0)
                _ = Libc.Close(theirs);
        }
    }
}

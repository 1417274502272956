using System.Globalization;
using System.Text;

namespace Orleans.Cache.Pages;

/// <summary>
/// Keeps a second process out of a store directory: flock(2) on the file LOCK, which the kernel gives back whenever the process
/// ends. The file holds the process id for the message only.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private readonly int _file;

    /// <exception cref="CacheException">InvalidArgument: in use, or not writable.</exception>
    public StoreLock(string directory)
    {
        _file = LinuxFiles.Open(Path.Combine(directory, "LOCK"), LinuxFiles.ReadWrite | LinuxFiles.Create, 0x180);
        if (_file < 0)
            throw new CacheException(CacheError.InvalidArgument, $"The store directory '{directory}' cannot be written (errno {-_file}).");
        if (LinuxFiles.TryLock(_file))
        {
            LinuxFiles.Write(_file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture).PadRight(10)), 0);
            return;
        }
        Span<byte> holder = stackalloc byte[10];
        int length = Math.Max(0, LinuxFiles.Read(_file, holder, 0));
        LinuxFiles.Close(_file);
        throw new CacheException(CacheError.InvalidArgument,
            $"The store directory '{directory}' is in use by another node (pid {Encoding.ASCII.GetString(holder[..length]).Trim()}); "
            + "stop that node or name another directory.");
    }

    /// <summary>Closing alone would leave the lock with a child that was forked this moment and has not yet called exec, which closes its copy.</summary>
    public void Dispose()
    {
        LinuxFiles.Unlock(_file);
        LinuxFiles.Close(_file);
    }
}

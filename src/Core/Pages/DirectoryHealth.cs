using Microsoft.Extensions.Logging;

namespace Orleans.Cache.Pages;

/// <summary>Whether a store directory is in service, and what was wrong with its pages.</summary>
internal sealed partial class DirectoryHealth(string directory, ILogger logger)
{
    private string? _outOfService;
    private long _healed;

    public bool IsInService => Volatile.Read(ref _outOfService) is null;

    /// <summary>Why the directory left service; null while it is in.</summary>
    public string? OutOfService => Volatile.Read(ref _outOfService);

    public long Healed => Interlocked.Read(ref _healed);

    /// <summary>Pages were dropped because they did not match or could not be read. The first is logged, all are counted.</summary>
    public void CountHealed(long pages, string example)
    {
        if (pages > 0 && Interlocked.Add(ref _healed, pages) == pages)
            LogHealed(logger, example, directory);
    }

    /// <summary>A write failed. True where the disk is full, which eviction can help.</summary>
    public bool IsFull(int error)
    {
        string? reason = error switch
        {
            LinuxFiles.IoError => "writing failed with an I/O error (EIO)",
            LinuxFiles.ReadOnlyFileSystem => "the file system is read-only (EROFS)",
            LinuxFiles.NotPermitted => "writing is not permitted (EPERM)",
            LinuxFiles.AccessDenied => "writing is not permitted (EACCES)",
            _ => null,
        };
        if (reason is not null)
            Leave(reason);
        return error is LinuxFiles.NoSpace or LinuxFiles.QuotaExceeded;
    }

    private void Leave(string reason)
    {
        if (Interlocked.CompareExchange(ref _outOfService, reason, null) is null)
            LogOutOfService(logger, directory, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Page {Page} in store directory '{Directory}' is damaged and was dropped; it will be fetched again. Further ones are only counted.")]
    private static partial void LogHealed(ILogger logger, string page, string directory);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Store directory '{Directory}' leaves service: {Reason}. Its pages are misses until the node restarts with a sound disk.")]
    private static partial void LogOutOfService(ILogger logger, string directory, string reason);
}

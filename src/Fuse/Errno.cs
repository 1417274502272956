namespace Orleans.Cache.Fuse;

/// <summary>Linux error numbers that a file system answers with (asm-generic/errno-base.h and errno.h).</summary>
public static class Errno
{
    public const int NotPermitted = 1, NoEntry = 2, Interrupted = 4, Io = 5, BadDescriptor = 9, TryAgain = 11, AccessDenied = 13, Fault = 14, Busy = 16, Exists = 17,
        NoDevice = 19, NotADirectory = 20, IsADirectory = 21, Invalid = 22, NoControl = 25, NoSpace = 28, ReadOnlyFileSystem = 30, Range = 34, NameTooLong = 36,
        NotImplemented = 38, NotEmpty = 39, TooManyLinks = 40, NoData = 61, Protocol = 71, NotSupported = 95, NotConnected = 107, TimedOut = 110, Stale = 116;
}

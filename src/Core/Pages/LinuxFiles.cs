using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Pages;

/// <summary>
/// The system calls that the page store needs and .NET does not offer: reading without waiting, punching holes, opening below
/// a directory, locks. Every call answers a result, or the negated errno: failure is an ordinary answer here, not an exception.
/// </summary>
internal static unsafe partial class LinuxFiles
{
    public const int NotPermitted = 1, NoEntry = 2, Interrupted = 4, IoError = 5, BadDescriptor = 9, TryAgain = 11, AccessDenied = 13, Exists = 17,
        FileTableOverflow = 23, TooManyOpenFiles = 24,
        NoSpace = 28, ReadOnlyFileSystem = 30, QuotaExceeded = 122;

    public const int ReadOnly = 0, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, CloseOnExec = 0x80000;

    private const int CurrentDirectory = -100;
    private const int RwfNoWait = 8, NotSupported = 95;
    private const int LockExclusive = 2, LockNonBlocking = 4, LockRelease = 8;
    private const int PunchHole = 2, KeepSize = 1;
    private const long TmpfsMagic = 0x01021994, RamfsMagic = 0x858458F6;
    private const int SeekEnd = 2, SeekData = 3, SeekHole = 4;
    private const int ProtectionRead = 1, MapShared = 1;
    private const long OpenAt2Number = 437;
    private const ulong ResolveCached = 0x20;
    private const int OpenFilesLimit = 7;
    private const uint StatxBlocks = 0x400;
    private const int StatxBlocksAt = 48;
    private const int AtEmptyPath = 0x1000;

    /// <summary>Opens a path below an open directory; with <paramref name="cachedOnly"/> answers EAGAIN where a device would be asked.</summary>
    public static int OpenAt(int directory, byte* path, int flags, int mode, bool cachedOnly)
    {
        int result;
        if (cachedOnly)
        {
            var how = new OpenHow { Flags = (uint)(flags | CloseOnExec), Mode = 0, Resolve = ResolveCached };
            result = (int)syscall(OpenAt2Number, directory, path, &how, sizeof(OpenHow));
            return result < 0 ? -Marshal.GetLastSystemError() : result;
        }
        do
            result = openat(directory, path, flags | CloseOnExec, mode);
        while (result < 0 && Marshal.GetLastSystemError() == Interrupted);
        return result < 0 ? -Marshal.GetLastSystemError() : result;
    }

    /// <summary>Opens a path as it is. A descriptor, or the negated errno.</summary>
    public static int Open(string path, int flags, int mode)
    {
        fixed (byte* bytes = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
            return OpenAt(CurrentDirectory, bytes, flags, mode, cachedOnly: false);
    }

    /// <summary>Creates a directory that only its owner may enter, and its parents as usual. One that exists is left as it is.</summary>
    public static void CreatePrivateDirectory(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
            Directory.CreateDirectory(parent);
        fixed (byte* bytes = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
            _ = MakeDirectory(CurrentDirectory, bytes);
    }

    /// <summary>Makes the names in a directory survive the machine; best effort, as not every file system can.</summary>
    public static void SyncDirectory(string path)
    {
        int directory = Open(path, ReadOnly, 0);
        if (directory < 0)
            return;
        _ = fsync(directory);
        Close(directory);
    }

    public static int Close(int file) => close(file);

    public static int MakeDirectory(int directory, byte* path) => mkdirat(directory, path, 0x1C0) < 0 ? -Marshal.GetLastSystemError() : 0;

    public static int UnlinkAt(int directory, byte* path) => unlinkat(directory, path, 0) < 0 ? -Marshal.GetLastSystemError() : 0;

    /// <summary>Reads until the destination is full or the file ends. Bytes read.</summary>
    public static int Read(int file, Span<byte> destination, long offset)
    {
        int done = 0;
        fixed (byte* start = destination)
        {
            while (done < destination.Length)
            {
                nint got = pread(file, start + done, (nuint)(destination.Length - done), offset + done);
                if (got == 0)
                    break;
                if (got > 0)
                    done += (int)got;
                else if (Marshal.GetLastSystemError() is int error && error != Interrupted)
                    return -error;
            }
        }
        return done;
    }

    /// <summary>One read that takes only what is in memory: EAGAIN, or fewer bytes than asked for, where a device would be asked.</summary>
    public static int ReadNoWait(int file, Span<byte> destination, long offset)
    {
        fixed (byte* start = destination)
        {
            var vector = new IoVector { Start = start, Length = (nuint)destination.Length };
            nint got = preadv2(file, &vector, 1, offset, RwfNoWait);
            return got < 0 ? -Marshal.GetLastSystemError() : (int)got;
        }
    }

    /// <summary>Whether the file system knows RWF_NOWAIT. Local disks do; tmpfs, NFS and FUSE do not.</summary>
    public static bool SupportsNoWait(int file)
    {
        byte one;
        int result = ReadNoWait(file, new Span<byte>(&one, 1), 0);
        return result != -NotSupported && result != -22 /* EINVAL: older kernels */;
    }

    /// <summary>Writes everything. 0, or the negated errno.</summary>
    public static int Write(int file, ReadOnlySpan<byte> data, long offset)
    {
        int done = 0;
        fixed (byte* start = data)
        {
            while (done < data.Length)
            {
                nint put = pwrite(file, start + done, (nuint)(data.Length - done), offset + done);
                if (put > 0)
                    done += (int)put;
                else if (Marshal.GetLastSystemError() is int error && error != Interrupted)
                    return -error;
            }
        }
        return 0;
    }

    /// <summary>Writes everything. 0, or errno.</summary>
    public static int WriteAll(SafeFileHandle file, ReadOnlySpan<byte> data, long offset)
    {
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return -Write((int)file.DangerousGetHandle(), data, offset);
        }
        finally
        {
            if (added)
                file.DangerousRelease();
        }
    }

    /// <summary>Gives the blocks of a range back; it reads as zeros from then on.</summary>
    public static int Punch(int file, long offset, long length) =>
        fallocate(file, PunchHole | KeepSize, offset, length) < 0 ? -Marshal.GetLastSystemError() : 0;

    /// <summary>False where another process (or another open of this one) holds the lock.</summary>
    public static bool TryLock(int file) => flock(file, LockExclusive | LockNonBlocking) == 0;

    public static void Unlock(int file) => _ = flock(file, LockRelease);

    /// <summary>First offset at or after <paramref name="offset"/> that holds data, or a negative errno (ENXIO: none).</summary>
    public static long FindData(int file, long offset)
    {
        long found = lseek(file, offset, SeekData);
        return found < 0 ? -Marshal.GetLastSystemError() : found;
    }

    public static long FindHole(int file, long offset)
    {
        long found = lseek(file, offset, SeekHole);
        return found < 0 ? -Marshal.GetLastSystemError() : found;
    }

    /// <summary>Where an open file ends, or a negative errno.</summary>
    public static long Length(int file)
    {
        long end = lseek(file, 0, SeekEnd);
        return end < 0 ? -Marshal.GetLastSystemError() : end;
    }

    /// <summary>Maps a range of a file for reading, as it changes. Its address, or the negated errno.</summary>
    public static nint Map(int file, long offset, int length)
    {
        nint address = mmap(0, (nuint)length, ProtectionRead, MapShared, file, offset);
        return address == -1 ? -Marshal.GetLastSystemError() : address;
    }

    public static void Unmap(nint address, int length) => _ = munmap(address, (nuint)length);

    /// <summary>Allocated bytes of an open file, or a negative errno.</summary>
    public static long AllocatedBytes(int file)
    {
        byte* buffer = stackalloc byte[256];
        byte empty = 0;
        if (statx(file, &empty, AtEmptyPath, StatxBlocks, buffer) < 0)
            return -Marshal.GetLastSystemError();
        return *(long*)(buffer + StatxBlocksAt) * 512;
    }

    /// <summary>Bytes that the file system of an open directory allocates at once; 4096 where it does not say.</summary>
    public static int BlockSize(int directory)
    {
        long* buffer = stackalloc long[32];
        return fstatfs(directory, buffer) == 0 && buffer[1] is >= 512 and <= CacheLimits.MinPageSize ? (int)buffer[1] : 4096;
    }

    /// <summary>Bytes that unprivileged processes may still take of an open directory's file system; 0 where it does not say.</summary>
    public static long FreeBytes(int directory)
    {
        long* buffer = stackalloc long[32];
        return fstatfs(directory, buffer) == 0 ? buffer[4] * buffer[1] : 0;
    }

    /// <summary>Whether an open directory lies in memory (tmpfs, ramfs), where no read ever waits for a device.</summary>
    public static bool IsInMemory(int directory)
    {
        long* buffer = stackalloc long[32];
        return fstatfs(directory, buffer) == 0 && (buffer[0] is TmpfsMagic or RamfsMagic);
    }

    /// <summary>Descriptors that this process may have open.</summary>
    public static long MaxOpenFiles()
    {
        ulong* limits = stackalloc ulong[2];
        return getrlimit(OpenFilesLimit, limits) == 0 && limits[0] <= int.MaxValue ? (long)limits[0] : int.MaxValue;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags, Mode, Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    [LibraryImport("libc")]
    private static partial nint syscall(long number, long directory, byte* path, OpenHow* how, long size);

    [LibraryImport("libc")]
    private static partial int openat(int directory, byte* path, int flags, int mode);

    [LibraryImport("libc")]
    private static partial int fsync(int file);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [LibraryImport("libc")]
    private static partial int mkdirat(int directory, byte* path, int mode);

    [LibraryImport("libc")]
    private static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport("libc")]
    private static partial nint pread(int file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc")]
    private static partial nint preadv2(int file, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc")]
    private static partial nint pwrite(int file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc")]
    private static partial int fallocate(int file, int mode, long offset, long length);

    [LibraryImport("libc")]
    private static partial int flock(int file, int operation);

    [LibraryImport("libc")]
    private static partial long lseek(int file, long offset, int whence);

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc")]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc")]
    private static partial int fstatfs(int file, long* buffer);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ulong* limits);
}

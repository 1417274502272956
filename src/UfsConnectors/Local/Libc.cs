using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>
/// The system calls that .NET's file API cannot express: resolution that stays beneath a directory, ctime and inode, reads
/// that refuse to wait for the disk, raw directory entries. Linux on x64 and arm64.
/// </summary>
internal static unsafe partial class Libc
{
    public const int ENOENT = 2, EINTR = 4, EIO = 5, EAGAIN = 11, EACCES = 13, EEXIST = 17, EXDEV = 18, ENOTDIR = 20, EISDIR = 21;
    public const int EPERM = 1, EINVAL = 22, ENFILE = 23, EMFILE = 24, ENOSPC = 28, EROFS = 30, ENAMETOOLONG = 36, ENOSYS = 38;
    public const int ENOTEMPTY = 39, ELOOP = 40, EOPNOTSUPP = 95, ESTALE = 116, EDQUOT = 122;

    public const int O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0x40, O_EXCL = 0x80, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    public const int AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EMPTY_PATH = 0x1000, AT_STATX_FORCE_SYNC = 0x2000;
    public const ulong RESOLVE_NO_MAGICLINKS = 2, RESOLVE_BENEATH = 8, RESOLVE_CACHED = 0x20;
    public const uint STATX_BASIC_STATS = 0x7ff;
    public const uint RENAME_NOREPLACE = 1;
    public const int POSIX_FADV_SEQUENTIAL = 2, POSIX_FADV_WILLNEED = 3;
    public const int RWF_NOWAIT = 8;

    private const string Name = "libc";

    // The flags and numbers that differ between the two architectures (asm-generic against x86).
    public static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;
    private static readonly long SysGetdents64 = IsArm ? 61 : 217;
    private static readonly long SysRenameat2 = IsArm ? 276 : 316;
    private const long SysOpenat2 = 437;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Error number of the last call of this thread.</summary>
    public static int Errno => Marshal.GetLastPInvokeError();

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>Opens below <paramref name="directory"/>, refusing every way out of it; null leaves the reason in <see cref="Errno"/>.</summary>
    public static SafeFileHandle? OpenBeneath(SafeFileHandle directory, string path, int flags, ulong resolve)
    {
        var how = new OpenHow { Flags = (ulong)(uint)flags, Resolve = resolve };
        return Handle((int)Openat2(SysOpenat2, directory, path, &how, (nuint)sizeof(OpenHow)));
    }

    public static SafeFileHandle? Open(string path, int flags) => Handle(OpenPath(path, flags, 0));

    public static SafeFileHandle? OpenAt(SafeFileHandle directory, string path, int flags, uint mode = 0) =>
        Handle(Openat(directory, path, flags, mode));

    /// <summary>Opens the very object that an O_PATH handle names, whatever its name leads to by now.</summary>
    public static SafeFileHandle? Reopen(SafeFileHandle located, int flags) => Open(DescriptorPath(located), flags);

    /// <summary>Where the kernel says that the object behind a handle is; null where it cannot say.</summary>
    public static byte[]? PathOf(SafeFileHandle handle)
    {
        // PATH_MAX: the kernel gives no longer path here.
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* start = buffer)
        {
            nint length = Readlink(DescriptorPath(handle), start, (nuint)buffer.Length);
            return length <= 0 || length == buffer.Length ? null : buffer[..(int)length].ToArray();
        }
    }

    public static bool Stat(SafeFileHandle handle, out Statx statx) =>
        StatAt(handle, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, out statx) == 0;

    public static bool StatEntry(SafeFileHandle directory, string name, out Statx statx) =>
        StatAt(directory, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out statx) == 0;

    /// <summary>Bytes read, or -1 with <see cref="Errno"/>; restarted when a signal interrupts it.</summary>
    public static int Read(SafeFileHandle file, Span<byte> destination, long offset, int flags)
    {
        fixed (byte* start = destination)
        {
            var vector = new IoVector { Start = start, Length = (nuint)destination.Length };
            nint read;
            do
                read = flags == 0 ? Pread(file, start, vector.Length, offset) : Preadv2(file, &vector, 1, offset, flags);
            while (read < 0 && Errno == EINTR);
            return (int)read;
        }
    }

    /// <summary>Fills the buffer with directory entries: bytes filled, 0 at the end, -1 with <see cref="Errno"/>.</summary>
    public static int ReadEntries(SafeFileHandle directory, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return (int)Getdents64(SysGetdents64, directory, start, (nuint)buffer.Length);
    }

    public static bool Rename(SafeFileHandle from, string fromName, SafeFileHandle to, string toName, uint flags) =>
        Renameat2(SysRenameat2, from, fromName, to, toName, flags) == 0;

    /// <summary>Whether a file lies in memory (tmpfs, ramfs), so that reading it never waits for a disk.</summary>
    public static bool IsInMemory(SafeFileHandle file)
    {
        // struct statfs is 120 bytes; its first word is the magic number of the file system.
        long* statfs = stackalloc long[32];
        return Fstatfs(file, statfs) == 0 && *statfs is 0x01021994 or 0x858458f6;
    }

    [LibraryImport(Name, EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(SafeFileHandle directory, string name, uint mode);

    [LibraryImport(Name, EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(SafeFileHandle directory, string name, int flags);

    [LibraryImport(Name, EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(SafeFileHandle from, string fromName, SafeFileHandle to, string toName, int flags);

    [LibraryImport(Name, EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle handle);

    [LibraryImport(Name, EntryPoint = "posix_fadvise")]
    public static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    private static string DescriptorPath(SafeFileHandle handle) => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    private static SafeFileHandle? Handle(int descriptor) => descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long Openat2(long number, SafeFileHandle directory, string path, OpenHow* how, nuint size);

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial long Getdents64(long number, SafeFileHandle directory, byte* buffer, nuint length);

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long Renameat2(long number, SafeFileHandle from, string fromName, SafeFileHandle to, string toName, uint flags);

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenPath(string path, int flags, uint mode);

    [LibraryImport(Name, EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Openat(SafeFileHandle directory, string path, int flags, uint mode);

    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatAt(SafeFileHandle directory, string path, int flags, uint mask, out Statx statx);

    [LibraryImport(Name, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Readlink(string path, byte* buffer, nuint length);

    [LibraryImport(Name, EntryPoint = "pread", SetLastError = true)]
    private static partial nint Pread(SafeFileHandle file, byte* buffer, nuint length, long offset);

    [LibraryImport(Name, EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint Preadv2(SafeFileHandle file, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport(Name, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int Fstatfs(SafeFileHandle file, long* statfs);
}

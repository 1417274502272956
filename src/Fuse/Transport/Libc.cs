using System.Runtime.InteropServices;

namespace Orleans.Cache.Fuse.Transport;

/// <summary>The system calls that .NET does not offer. Every call answers a result, or the negated errno.</summary>
internal static unsafe partial class Libc
{
    public const int ReadOnly = 0, ReadWrite = 2, CloseOnExec = 0x80000;

    public const ulong NoSetUser = 2, NoDevices = 4, ReadOnlyMount = 1, NoAccessTimes = 1024;

    public const int DetachMount = 2, ForceUnmount = 1;

    /// <summary>_IOR(229, 0, uint32_t).</summary>
    public const ulong Clone = 0x8004e500;

    /// <summary>_IOW(229, 1, struct fuse_backing_map).</summary>
    public const ulong BackingOpen = 0x4010e501;

    /// <summary>_IOW(229, 2, uint32_t).</summary>
    public const ulong BackingClose = 0x4004e502;

    private const int FileSystemStatusSize = 120;

    public static int Open(string path, int flags)
    {
        int result = open(path, flags | CloseOnExec, 0);
        return result < 0 ? -Marshal.GetLastSystemError() : result;
    }

    public static int Close(int descriptor) => close(descriptor);

    public static int Read(int descriptor, Span<byte> to)
    {
        fixed (byte* start = to)
        {
            nint result = read(descriptor, start, (nuint)to.Length);
            return result < 0 ? -Marshal.GetLastSystemError() : (int)result;
        }
    }

    public static int Write(int descriptor, ReadOnlySpan<byte> from)
    {
        fixed (byte* start = from)
        {
            nint result = write(descriptor, start, (nuint)from.Length);
            return result < 0 ? -Marshal.GetLastSystemError() : 0;
        }
    }

    /// <summary>Both parts in one message.</summary>
    public static int Write(int descriptor, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        fixed (byte* firstStart = first, secondStart = second)
        {
            IoVector* parts = stackalloc IoVector[2];
            parts[0] = new IoVector { Start = firstStart, Length = (nuint)first.Length };
            parts[1] = new IoVector { Start = secondStart, Length = (nuint)second.Length };
            nint result = writev(descriptor, parts, 2);
            return result < 0 ? -Marshal.GetLastSystemError() : 0;
        }
    }

    /// <summary>Whether a read would find something now.</summary>
    public static bool IsReadable(int descriptor)
    {
        const short In = 1;
        var entry = new PollEntry { Descriptor = descriptor, Events = In };
        return poll(&entry, 1, 0) > 0 && (entry.Returned & In) != 0;
    }

    /// <summary>An ioctl whose argument is a structure.</summary>
    public static int Control<T>(int descriptor, ulong request, T argument)
        where T : unmanaged
    {
        int result = ioctl(descriptor, request, &argument);
        return result < 0 ? -Marshal.GetLastSystemError() : result;
    }

    public static int Mount(string source, string target, string type, ulong flags, string data)
    {
        int result = mount(source, target, type, flags, data);
        return result < 0 ? -Marshal.GetLastSystemError() : 0;
    }

    public static int Unmount(string target, int flags)
    {
        int result = umount2(target, flags);
        return result < 0 ? -Marshal.GetLastSystemError() : 0;
    }

    /// <summary>Whether the file system at a path answers; 0, or why not. May wait as long as it likes.</summary>
    public static int Probe(string path)
    {
        byte* ignored = stackalloc byte[FileSystemStatusSize];
        int result = statfs(path, ignored);
        return result < 0 ? -Marshal.GetLastSystemError() : 0;
    }

    /// <summary>The path without symbolic links; null where it leads nowhere. A file system that is mounted there is not asked: links are read, nothing else.</summary>
    public static string? RealPath(string path)
    {
        byte* real = realpath(path, null);
        if (real is null)
            return null;
        string result = Marshal.PtrToStringUTF8((nint)real)!;
        NativeMemory.Free(real);
        return result;
    }

    /// <summary>A pair of connected sockets that a child inherits.</summary>
    public static int SocketPair(out int ours, out int theirs)
    {
        const int Unix = 1, Stream = 1;
        int* pair = stackalloc int[2];
        int result = socketpair(Unix, Stream, 0, pair);
        (ours, theirs) = (pair[0], pair[1]);
        return result < 0 ? -Marshal.GetLastSystemError() : 0;
    }

    /// <summary>The child shall not have our end: it could not see us go.</summary>
    public static void CloseAtExec(int descriptor)
    {
        const int SetFlags = 2, CloseOnExecFlag = 1;
        _ = fcntl(descriptor, SetFlags, CloseOnExecFlag);
    }

    /// <summary>A descriptor that was sent over a socket (SCM_RIGHTS).</summary>
    public static int ReceiveDescriptor(int socket)
    {
        byte data;
        var part = new IoVector { Start = &data, Length = 1 };
        // struct cmsghdr (length, level, type) and one descriptor, padded to 24.
        byte* control = stackalloc byte[24];
        var message = new MessageHeader { Parts = &part, PartCount = 1, Control = control, ControlLength = 24 };
        // Not for children that somebody starts meanwhile.
        const int CloseOnExecReceived = 0x40000000;
        nint result = recvmsg(socket, &message, CloseOnExecReceived);
        if (result < 0)
            return -Marshal.GetLastSystemError();
        return result == 0 || message.ControlLength < 20 ? -Errno.NotConnected : *(int*)(control + 16);
    }

    public static uint EffectiveUser() => geteuid();

    public static uint EffectiveGroup() => getegid();

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public void* Start;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, void* to, nuint count);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, void* from, nuint count);

    [LibraryImport("libc")]
    private static partial nint writev(int descriptor, IoVector* parts, int count);

    [LibraryImport("libc")]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, ulong request, void* argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs(string path, void* result);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* realpath(string path, byte* resolved);

    [LibraryImport("libc")]
    private static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc")]
    private static partial nint recvmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();
}

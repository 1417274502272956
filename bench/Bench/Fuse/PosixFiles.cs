using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>The system calls of a reader in C, and no more: .NET's own files ask for locks and lengths too.</summary>
internal static unsafe partial class PosixFiles
{
    private const int BufferSize = 1 << 20;
    private const int WorkingDirectory = -100;
    private const uint BasicStats = 0x7ff;

    [ThreadStatic]
    private static byte[]? _buffer;

    /// <summary>Gives each of so many threads an equal part of the paths; ends when all have.</summary>
    public static void InParallel(string[] paths, int threads, Action<byte[]> act)
    {
        byte[][] names = [.. paths.Select(path => PathOf(path))];
        Exception? failure = null;
        Thread[] all = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            try
            {
                for (int i = thread; i < names.Length; i += threads)
                    act(names[i]);
            }
            catch (IOException e)
            {
                Volatile.Write(ref failure, e);
            }
        }))];
        foreach (Thread thread in all)
            thread.Start();
        foreach (Thread thread in all)
            thread.Join();
        if (failure is not null)
            throw failure;
    }

    /// <summary>As system calls take it.</summary>
    public static byte[] PathOf(string path) => Encoding.UTF8.GetBytes(path + '\0');

    /// <summary>Opens a file, fills a buffer from an offset on, and closes it.</summary>
    public static void ReadAt(byte[] path, long offset, Span<byte> buffer)
    {
        fixed (byte* name = path, to = buffer)
        {
            int file = open(name, 0, 0);
            Check(file, path);
            nint got = 0;
            for (int done = 0; done < buffer.Length; done += (int)got)
            {
                got = pread(file, to + done, buffer.Length - done, offset + done);
                if (got <= 0)
                    break;
            }
            _ = close(file);
            if (got <= 0)
                throw new IOException($"{NameOf(path)} could not be read at {offset}.");
        }
    }

    public static void OpenReadClose(byte[] path)
    {
        byte[] buffer = _buffer ??= GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
        fixed (byte* name = path, to = buffer)
        {
            int file = open(name, 0, 0);
            Check(file, path);
            nint got = read(file, to, BufferSize);
            _ = close(file);
            if (got != FuseData.SmallSize)
                throw new IOException($"{NameOf(path)} gave {got} bytes.");
        }
    }

    /// <summary>From its beginning to its end.</summary>
    public static void ReadWhole(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
        byte[] buffer = new byte[BufferSize];
        while (file.Read(buffer) > 0)
        {
            // Only that it has been read counts.
        }
    }

    public static void Stat(byte[] path)
    {
        byte* result = stackalloc byte[256];
        fixed (byte* name = path)
            Check(statx(WorkingDirectory, name, 0, BasicStats, result), path);
    }

    /// <summary>Processor seconds of this process, and of children that have ended and been waited for.</summary>
    public static double OwnSeconds() => Usage(0) + Usage(-1);

    private static double Usage(int who)
    {
        // struct rusage begins with two timevals: user and system.
        long* usage = stackalloc long[18];
        return getrusage(who, usage) == 0 ? usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6) : 0;
    }

    private static string NameOf(byte[] path) => Encoding.UTF8.GetString(path.AsSpan(..^1));

    private static void Check(int result, byte[] path)
    {
        if (result < 0)
            throw new IOException($"{NameOf(path)}: errno {Marshal.GetLastSystemError()}.");
    }

    [LibraryImport("libc")]
    private static partial int open(byte* path, int flags, int mode);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, byte* to, nint count);

    [LibraryImport("libc")]
    private static partial nint pread(int descriptor, byte* to, nint count, long offset);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* result);

    [LibraryImport("libc")]
    private static partial int getrusage(int who, long* usage);
}

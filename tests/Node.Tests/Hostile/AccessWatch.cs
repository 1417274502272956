using System.Runtime.InteropServices;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>Lets the kernel say (inotify) whether anybody opened, read or changed something in a directory: an answer that holds nothing proves less.</summary>
internal sealed partial class AccessWatch : IDisposable
{
    // linux/inotify.h: IN_ACCESS, IN_MODIFY, IN_OPEN, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE
    private const uint Accesses = 0x1 | 0x2 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200;
    private const int NonBlocking = 0x800;

    private readonly int _queue;

    public AccessWatch(string directory)
    {
        _queue = Create(NonBlocking);
        Assert.True(_queue >= 0 && Add(_queue, directory, Accesses) >= 0, $"{directory} cannot be watched.");
    }

    /// <summary>Whether something happened since the last call.</summary>
    public unsafe bool Saw()
    {
        byte* events = stackalloc byte[4096];
        bool any = false;
        while (Read(_queue, events, 4096) > 0)
            any = true;
        return any;
    }

    public void Dispose() => _ = Close(_queue);

    [LibraryImport("libc", EntryPoint = "inotify_init1")]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Add(int queue, string path, uint events);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(int queue, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int queue);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Fuse.Transport;

/// <summary>
/// /dev/fuse: read(2) takes a request, write(2) gives an answer. Each reader has a descriptor of its own (FUSE_DEV_IOC_CLONE), where the device may be
/// opened; else they share the first. Reads block: a waiting reader is woken alone, which poll(2) would not do.
/// </summary>
/// <param name="descriptor">The mount's descriptor, which becomes ours.</param>
internal sealed class DeviceTransport(int descriptor) : IFuseTransport
{
    private const string Device = "/dev/fuse";

    private int _opened;

    public IFuseChannel Open()
    {
        if (Interlocked.Increment(ref _opened) == 1)
            return new Channel(descriptor, isOwn: false);
        int clone = Libc.Open(Device, Libc.ReadWrite);
        if (clone >= 0 && Libc.Control(clone, Libc.Clone, descriptor) >= 0)
            return new Channel(clone, isOwn: true);
        if (clone >= 0)
            _ = Libc.Close(clone);
        return new Channel(descriptor, isOwn: false);
    }

    public int OpenBacking(SafeFileHandle file)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            return Libc.Control(descriptor, Libc.BackingOpen, new BackingMap { Descriptor = (int)file.DangerousGetHandle() });
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    public int CloseBacking(int id) => Libc.Control(descriptor, Libc.BackingClose, id);

    public void Dispose() => _ = Libc.Close(descriptor);

    /// <summary>struct fuse_backing_map.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct BackingMap
    {
        public int Descriptor;
        public uint Flags;
        public ulong Padding;
    }

    private sealed class Channel(int descriptor, bool isOwn) : IFuseChannel
    {
        public int Receive(Span<byte> request) => Libc.Read(descriptor, request);

        public bool HasRequest => Libc.IsReadable(descriptor);

        public int Send(ReadOnlySpan<byte> answer) => Libc.Write(descriptor, answer);

        public int Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data) => Libc.Write(descriptor, header, data);

        public void Dispose()
        {
            if (isOwn)
                _ = Libc.Close(descriptor);
        }
    }
}

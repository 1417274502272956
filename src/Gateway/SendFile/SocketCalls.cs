using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// send(2) and sendfile(2) on a non-blocking socket. Handles are passed as SafeHandles, so that a descriptor cannot be closed
/// and reused for another client's connection in the middle of a call.
/// </summary>
internal static partial class SocketCalls
{
    public const int WouldBlock = -1;
    public const int Failed = -2;
    public const int Unreadable = -3;

    private const int Interrupted = 4; // EINTR
    private const int IoError = 5; // EIO: of the file, as sockets have errors of their own
    private const int TryAgain = 11; // EAGAIN

    private const int DontWait = 0x40; // MSG_DONTWAIT
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL: EPIPE instead of killing the process
    private const int More = 0x8000; // MSG_MORE: headers and the start of the file leave in one segment

    /// <summary>Bytes taken, WouldBlock or Failed.</summary>
    public static unsafe int Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, bool more)
    {
        fixed (byte* start = bytes)
        {
            nint sent;
            do
                sent = NativeSend(socket, start, (nuint)bytes.Length, DontWait | NoSignal | (more ? More : 0));
            while (sent < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return sent >= 0 ? (int)sent : Refusal();
        }
    }

    /// <summary>Bytes taken (0 at the end of the file), WouldBlock, Unreadable (the file) or Failed; moves <paramref name="offset"/> on.</summary>
    public static long SendFile(SafeSocketHandle socket, SafeFileHandle file, ref long offset, long count)
    {
        nint sent;
        do
            sent = NativeSendFile(socket, file, ref offset, (nuint)count);
        while (sent < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return sent >= 0 ? sent : Refusal();
    }

    /// <summary>
    /// Whether the peer has only ended its sending (CLOSE_WAIT), and the bytes of ours that it has acknowledged. A peer that closed
    /// its socket altogether looks the same until it is sent something.
    /// </summary>
    public static bool IsHalfClosed(Socket socket, out ulong acknowledged)
    {
        // struct tcp_info of linux/tcp.h: the state is its first byte; older kernels give a shorter one.
        const int Tcp = 6, Info = 11, CloseWait = 8, AcknowledgedAt = 120;
        Span<byte> info = stackalloc byte[AcknowledgedAt + sizeof(ulong)];
        info.Clear();
        acknowledged = 0;
        try
        {
            socket.GetRawSocketOption(Tcp, Info, info);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
        acknowledged = BitConverter.ToUInt64(info[AcknowledgedAt..]);
        return info[0] == CloseWait;
    }

    private static int Refusal() => Marshal.GetLastPInvokeError() switch
    {
        TryAgain => WouldBlock,
        IoError => Unreadable,
        _ => Failed,
    };

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint NativeSend(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint NativeSendFile(SafeSocketHandle socket, SafeFileHandle file, ref long offset, nuint count);
}

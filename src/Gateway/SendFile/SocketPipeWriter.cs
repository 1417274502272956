using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// A PipeWriter that writes to its socket itself, first without waiting and, when the socket is full, asynchronously; and that
/// can follow its bytes by a range of a file.
/// Invariants:
/// - what is pending is memory [_sent, _length) and then _fileLeft bytes of _file at _fileOffset, in that order;
/// - between flushes of pending bytes nobody appends (Kestrel serialises its producer);
/// - memory is rented only while something is pending, so an idle connection costs none;
/// - after a failure of the socket everything is swallowed and every flush says completed: the connection is being aborted.
/// </summary>
internal sealed class SocketPipeWriter(Socket socket, PipeWriter transport, Action<ConnectionAbortedException> abort, TimeSpan stallTimeout) : PipeWriter
{
    /// <summary>Headers and bodies too small for sendfile fit without growing; large bodies come in chunks of about this much.</summary>
    private const int BufferSize = 32 * 1024;

    /// <summary>While the socket is full, this much of the file is sent from memory: the runtime tells us when that is through, which tells that the socket takes bytes again.</summary>
    private const int ProbeSize = 16 * 1024;

    /// <summary>Bytes that one sendfile call may take: the kernel's own limit is 2 GiB less a page; smaller calls let an abort through in between.</summary>
    private const int MaxSendFile = 2 * 1024 * 1024;

    private byte[]? _buffer;
    private int _length;
    private int _sent;
    private SafeFileHandle? _file;
    private long _fileOffset;
    private long _fileLeft;
    private bool _marked;
    private bool _dead;
    private CancellationTokenSource? _stall;

    /// <summary>Whether it was a file that ended the connection.</summary>
    public bool FileFailed { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _length - _sent + _fileLeft;

    /// <summary>Whether this memory is where the next bytes for the socket would go.</summary>
    public bool Owns(Memory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment) && ReferenceEquals(segment.Array, _buffer) && segment.Offset == _length;

    /// <summary>The next Advance stands for that many bytes of the file.</summary>
    public void Mark(SafeFileHandle file, long offset, int length)
    {
        if (_fileLeft != 0)
            throw new InvalidOperationException("One file range per flush.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        _file = file;
        _fileOffset = offset;
        _marked = true;
    }

    public override void Advance(int bytes)
    {
        if (_marked)
        {
            _marked = false;
            _fileLeft = bytes;
        }
        else
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _length);
            _length += bytes;
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => EnsureRoom(sizeHint).AsMemory(_length);

    public override Span<byte> GetSpan(int sizeHint = 0) => EnsureRoom(sizeHint).AsSpan(_length);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        TrySend() ? new(Flushed()) : FlushSlowlyAsync(cancellationToken);

    /// <summary>Kestrel aborts the connection when it gives up on a flush; the socket then fails it.</summary>
    public override void CancelPendingFlush()
    {
    }

    /// <summary>The stock transport sends the FIN.</summary>
    public override void Complete(Exception? exception = null)
    {
        Release();
        _stall?.Dispose();
        transport.Complete(exception);
    }

    private byte[] EnsureRoom(int sizeHint)
    {
        if (_fileLeft != 0)
            throw new InvalidOperationException("Flush the file range first.");
        int wanted = _length + Math.Max(sizeHint, 1);
        if (_buffer is null || _buffer.Length < wanted)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BufferSize, wanted));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            if (_buffer is not null)
                ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        return _buffer;
    }

    private FlushResult Flushed()
    {
        Release();
        return new FlushResult(isCanceled: false, isCompleted: _dead);
    }

    private void Release()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _file = null;
        _length = _sent = 0;
        _fileLeft = 0;
    }

    /// <summary>Sends what the socket takes now. False: it is full and something is left.</summary>
    private bool TrySend()
    {
        while (!_dead && _sent < _length)
        {
            int sent = SocketCalls.Send(socket.SafeHandle, _buffer.AsSpan(_sent, _length - _sent), more: _fileLeft > 0);
            if (sent == SocketCalls.WouldBlock)
                return false;
            if (sent < 0)
                Die();
            else
                _sent += sent;
        }
        while (!_dead && _fileLeft > 0)
        {
            long sent = SocketCalls.SendFile(socket.SafeHandle, _file!, ref _fileOffset, Math.Min(_fileLeft, MaxSendFile));
            if (sent == SocketCalls.WouldBlock)
                return false;
            // 0: the file is shorter than was promised. It was checked; so somebody truncated it, and the response cannot be completed.
            FileFailed |= sent is 0 or SocketCalls.Unreadable;
            if (sent <= 0)
                Die();
            else
                _fileLeft -= sent;
        }
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> FlushSlowlyAsync(CancellationToken cancellationToken)
    {
        _stall ??= new CancellationTokenSource();
        await using CancellationTokenRegistration caller = cancellationToken.UnsafeRegister(source => ((CancellationTokenSource)source!).Cancel(), _stall);
        do
        {
            try
            {
                _stall.CancelAfter(stallTimeout);
                await SendWhenWritableAsync(_stall.Token).ConfigureAwait(false);
                _stall.CancelAfter(Timeout.InfiniteTimeSpan);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or IOException)
            {
                // A half-sent response cannot be taken back: whatever ended the waiting (the client, a stall, the caller) ends the connection.
                Die();
            }
        }
        while (!TrySend());
        return Flushed();
    }

    /// <summary>Sends some of what is pending, waiting until the socket takes it.</summary>
    private async ValueTask SendWhenWritableAsync(CancellationToken cancellationToken)
    {
        if (_sent < _length)
        {
            _sent += await socket.SendAsync(_buffer.AsMemory(_sent, _length - _sent), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            return;
        }
        byte[] probe = ArrayPool<byte>.Shared.Rent(ProbeSize);
        try
        {
            int read = ReadProbe(probe.AsSpan(0, (int)Math.Min(ProbeSize, _fileLeft)));
            int sent = await socket.SendAsync(probe.AsMemory(0, read), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            _fileOffset += sent;
            _fileLeft -= sent;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(probe);
        }
    }

    private int ReadProbe(Span<byte> probe)
    {
        try
        {
            int read = RandomAccess.Read(_file!, probe, _fileOffset);
            return read > 0 ? read : throw new EndOfStreamException("The backing file is shorter than its content.");
        }
        catch (IOException)
        {
            FileFailed = true;
            throw;
        }
    }

    private void Die()
    {
        if (_dead)
            return;
        _dead = true;
        abort(new ConnectionAbortedException("The client went away or the file could not be sent."));
    }
}

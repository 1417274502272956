using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Transport;

namespace Orleans.Cache.Fuse.Sessions;

/// <summary>
/// One request of the kernel with the memory that it and its answer need. Used again and again; one owner at a time: the reader that
/// received it, or the handler that completes later.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item>_open holds the request's id from its receipt until somebody claims the answer; ids are never used twice, so a deadline that comes late
/// cannot claim the answer of the request that uses this object next.</item>
/// <item>Who claims answers, once. The handler keeps its memory until it has ended, also where the deadline has answered for it.</item>
/// <item>The token is cancelled only while the request is in <see cref="PendingRequests"/>, and never used again afterwards.</item>
/// </list>
/// </remarks>
internal sealed class FuseRequest : IDisposable
{
    /// <summary>Names and forgets; the kernel wants room for at least 8 KiB (FUSE_MIN_READ_BUFFER), and cuts lists of forgets to what there is.</summary>
    private const int ReceiveBytes = 16 * 1024;

    /// <summary>Answers other than data and listings fit into this.</summary>
    private const int SmallAnswer = 4096;

    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
    private readonly FuseSession _session;
    private AnswerBuffer _answer = new(SmallAnswer);
    private CancellationTokenSource _cancellation = new();
    private IFuseChannel? _channel;
    private RequestHeader _header;
    private ulong _open;

    public FuseRequest(FuseSession session) => _session = session;

    public Span<byte> Received => _received;

    public Opcode Opcode => _header.Opcode;

    public NodeId Node => new(_header.NodeId);

    public RequestId Id => new(_header.Unique);

    /// <summary>Who asks.</summary>
    public uint User => _header.User;

    public uint Process => _header.Process;

    /// <summary>What stands behind the header.</summary>
    public ReadOnlySpan<byte> Body => _received.AsSpan(Wire.RequestHeaderSize, (int)_header.Length - Wire.RequestHeaderSize);

    /// <summary>Timestamp of its receipt.</summary>
    public long ReceivedAt { get; private set; }

    /// <summary>Cancelled when the caller is interrupted and when the deadline has passed.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Bytes of memory that it holds for answers.</summary>
    public int AnswerCapacity => _answer.Capacity;

    /// <summary>Takes what was received into <see cref="Received"/>; false where it is no request.</summary>
    public bool Begin(IFuseChannel channel, int length, long now)
    {
        if (!RequestHeader.TryDecode(_received.AsSpan(0, length), out _header))
            return false;
        _channel = channel;
        ReceivedAt = now;
        Volatile.Write(ref _open, _header.Unique);
        return true;
    }

    /// <summary>Memory for so many bytes of an answer.</summary>
    public Memory<byte> Answer(int size)
    {
        if (_answer.Capacity < size)
        {
            ((IDisposable)_answer).Dispose();
            _answer = new AnswerBuffer((int)BitOperations.RoundUpToPowerOf2((uint)size));
        }
        return _answer.Memory[..size];
    }

    /// <summary>Answers with a structure. False: nobody got it.</summary>
    public bool Reply<T>(in T answer)
        where T : unmanaged
    {
        MemoryMarshal.Write(_answer.GetSpan(), answer);
        return Reply(Marshal.SizeOf<T>());
    }

    /// <summary>Answers with bytes from elsewhere.</summary>
    public void Reply(ReadOnlySpan<byte> answer)
    {
        answer.CopyTo(Answer(answer.Length).Span);
        Reply(answer.Length);
    }

    /// <summary>Answers with the first bytes of <see cref="Answer"/>. False: nobody got it.</summary>
    public bool Reply(int length)
    {
        Span<byte> message = _answer.Message(length);
        ulong unique = _header.Unique;
        MemoryMarshal.Write(message, new AnswerHeader { Length = (uint)message.Length, Unique = unique });
        if (!TryClaim(unique))
            return false;
        int result = _channel!.Send(message);
        _session.Answered(this, ErrnoOf(result), length);
        return result == 0;
    }

    /// <summary>Answers with bytes that lie elsewhere and stay there until it returns.</summary>
    public void Send(ReadOnlySpan<byte> data)
    {
        ulong unique = _header.Unique;
        var header = new AnswerHeader { Length = (uint)(Wire.AnswerHeaderSize + data.Length), Unique = unique };
        if (!TryClaim(unique))
            return;
        int result = _channel!.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<AnswerHeader>(in header)), data);
        _session.Answered(this, ErrnoOf(result), data.Length);
    }

    /// <summary>Answers with an error number.</summary>
    public void Fail(int errno) => TryFail(_header.Unique, errno);

    /// <summary>Answers a request that may have been answered, and this object taken for another, in the meantime.</summary>
    public bool TryFail(ulong unique, int errno)
    {
        IFuseChannel? channel = _channel;
        if (!TryClaim(unique))
            return false;
        var header = new AnswerHeader { Length = Wire.AnswerHeaderSize, Error = -errno, Unique = unique };
        _ = channel!.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<AnswerHeader>(in header)));
        _session.Answered(this, errno, 0);
        return true;
    }

    /// <summary>The request wants no answer.</summary>
    public void End() => Volatile.Write(ref _open, 0);

    /// <summary>The handler shall give up. Only under the lock of <see cref="PendingRequests"/>.</summary>
    public CancellationTokenSource Cancellation => _cancellation;

    /// <summary>For its next use.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed of with the request.")]
    public void Reset()
    {
        if (!_cancellation.TryReset())
        {
            _cancellation.Dispose();
            _cancellation = new CancellationTokenSource();
        }
    }

    public void Dispose()
    {
        ((IDisposable)_answer).Dispose();
        _cancellation.Dispose();
    }

    /// <summary>What became of an answer: nobody waited for it any more, or the kernel could not copy it and told its caller so.</summary>
    private static int ErrnoOf(int sent) => sent switch
    {
        -Errno.NoEntry => Errno.Interrupted,
        < 0 => Errno.Io,
        _ => 0,
    };

    private bool TryClaim(ulong unique) => unique != 0 && Interlocked.CompareExchange(ref _open, 0, unique) == unique;
}

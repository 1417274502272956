using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Transport;

namespace Orleans.Cache.Fuse.Tests;

/// <summary>A kernel that says what it is told to.</summary>
public sealed class ScriptedTransport : IFuseTransport, IFuseChannel
{
    private readonly BlockingCollection<byte[]> _requests = [];
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<(int Errno, byte[] Data)>> _answers = new();

    private int _sent;

    /// <summary>Answers that came.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Sends a request; gives its answer.</summary>
    public Task<(int Errno, byte[] Data)> Ask(uint opcode, ulong unique, ulong node, ReadOnlySpan<byte> body)
    {
        byte[] message = new byte[Wire.RequestHeaderSize + body.Length];
        MemoryMarshal.Write(message, new RequestHeader { Length = (uint)message.Length, Opcode = (Opcode)opcode, Unique = unique, NodeId = node });
        body.CopyTo(message.AsSpan(Wire.RequestHeaderSize));
        _requests.Add(message);
        return AnswerTo(unique).Task;
    }

    public Task<(int Errno, byte[] Data)> AskInit(ulong unique)
    {
        byte[] body = new byte[64];
        MemoryMarshal.Write(body, new InitRequest { Major = 7, Minor = 45, Flags = uint.MaxValue });
        return Ask((uint)Opcode.Init, unique, 0, body);
    }

    /// <summary>Sends bytes.</summary>
    public void Say(byte[] message) => _requests.Add(message);

    /// <summary>The mount is gone.</summary>
    public void End() => _requests.CompleteAdding();

    public IFuseChannel Open() => this;

    public int Receive(Span<byte> request)
    {
        if (!_requests.TryTake(out byte[]? next, Timeout.Infinite))
            return -Errno.NoDevice;
        next.CopyTo(request);
        return next.Length;
    }

    public bool HasRequest => _requests.Count > 0;

    public int Send(ReadOnlySpan<byte> answer)
    {
        Interlocked.Increment(ref _sent);
        AnswerHeader header = MemoryMarshal.Read<AnswerHeader>(answer);
        Assert.Equal(header.Length, (uint)answer.Length);
        Assert.True(AnswerTo(header.Unique).TrySetResult((-header.Error, answer[Wire.AnswerHeaderSize..].ToArray())), "A request was answered twice.");
        return 0;
    }

    /// <summary>What an answer in two parts comes to.</summary>
    public int TwoPartResult { get; set; }

    /// <summary>Answers in two parts that came.</summary>
    public int SentInTwo { get; private set; }

    public int Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        SentInTwo++;
        _ = Send([.. header, .. data]);
        return TwoPartResult;
    }

    public int OpenBacking(SafeFileHandle file) => -Errno.NotPermitted;

    public int CloseBacking(int id) => -Errno.NotPermitted;

    public void Dispose()
    {
        // Readers end with End.
    }

    private TaskCompletionSource<(int Errno, byte[] Data)> AnswerTo(ulong unique) =>
        _answers.GetOrAdd(unique, _ => new TaskCompletionSource<(int, byte[])>(TaskCreationOptions.RunContinuationsAsynchronously));
}

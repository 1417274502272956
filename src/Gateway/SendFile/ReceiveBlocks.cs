using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// Memory that connections receive into, larger than Kestrel's own 4 KiB: each block that is filled costs a system call and a wake-up of whoever reads the body. A PUT of
/// 64 MiB takes three quarters of the time. Blocks are pinned and used again; one pool for all ports and all of their queues.
/// </summary>
/// <remarks>Of a block that no body went through only the first page is resident: an idle connection costs 4 KiB, and 16 KiB at most.</remarks>
internal sealed class ReceiveBlocks : MemoryPool<byte>
{
    /// <summary>Four of Kestrel's own; four times as much again brought nothing more.</summary>
    private const int BlockBytes = 16 * CacheLimits.KiB;

    /// <summary>Blocks kept for the next connections: 8 MiB. What a crowd needed beyond that goes back.</summary>
    private const int MaxSpare = 512;

    /// <summary>A thread takes back first what it gave last: few blocks stay in use, and in the processor's cache.</summary>
    private readonly ConcurrentBag<Block> _spare = [];
    private int _spares;

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (!_spare.TryTake(out Block? block))
            return new Block(this);
        Interlocked.Decrement(ref _spares);
        return block;
    }

    /// <summary>One of several owners is done; the others go on.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _spares) <= MaxSpare)
            _spare.Add(block);
        else
            Interlocked.Decrement(ref _spares);
    }

    /// <summary>Takes the place of Kestrel's own.</summary>
    public sealed class Factory : IMemoryPoolFactory<byte>, IDisposable
    {
        private readonly ReceiveBlocks _pool = new();

        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => _pool;

        public void Dispose() => _pool.Dispose();
    }

    private sealed class Block(ReceiveBlocks pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose() => pool.Return(this);
    }
}

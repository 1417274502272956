using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// Memory that connections receive into, larger than Kestrel's own 4 KiB: each block that is filled costs a system call and a wake-up of whoever reads the body. A PUT of
/// 64 MiB takes three quarters of the time. Blocks are pinned and used again.
/// </summary>
/// <remarks>Of a block that no body went through only the first page is resident, so an idle connection costs as much as with Kestrel's own.</remarks>
internal sealed class ReceiveBlocks : MemoryPool<byte>
{
    /// <summary>Four of Kestrel's own; four times as much again brought nothing more.</summary>
    private const int BlockBytes = 16 * CacheLimits.KiB;

    /// <summary>Blocks kept for the next connections: 8 MiB. What a crowd needed beyond that goes back.</summary>
    private const int MaxSpare = 512;

    private readonly ConcurrentQueue<Block> _spare = new();

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _spare.TryDequeue(out Block? block) ? block : new Block(this);
    }

    protected override void Dispose(bool disposing) => _spare.Clear();

    private void Return(Block block)
    {
        if (_spare.Count < MaxSpare)
            _spare.Enqueue(block);
    }

    /// <summary>For Kestrel's services, before Kestrel adds its own.</summary>
    public sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new ReceiveBlocks();
    }

    private sealed class Block(ReceiveBlocks pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose() => pool.Return(this);
    }
}

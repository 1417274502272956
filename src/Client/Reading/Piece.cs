using System.Buffers;
using Orleans.Cache.Files;

namespace Orleans.Cache.Client.Reading;

/// <summary>
/// A range that is read ahead into a buffer of its own. Invariant: the buffer goes back to the pool once, and only when nothing writes
/// into it any more.
/// </summary>
internal sealed class Piece
{
    private readonly BufferBudget _budget;
    private readonly byte[] _buffer;

    private Piece(CacheFile file, long offset, int length, BufferBudget budget, CancellationToken cancellationToken)
    {
        _budget = budget;
        Offset = offset;
        Length = length;
        _buffer = ArrayPool<byte>.Shared.Rent(length);
        Filling = FileRanges.FillAsync(file, offset, _buffer.AsMemory(0, length), cancellationToken);
    }

    public long Offset { get; }

    public int Length { get; }

    public long End => Offset + Length;

    public Task Filling { get; }

    /// <summary>Starts reading; null where the memory is spent.</summary>
    public static Piece? TryStart(CacheFile file, long offset, int length, BufferBudget budget, CancellationToken cancellationToken) =>
        budget.TryTake(length) ? new Piece(file, offset, length, budget, cancellationToken) : null;

    /// <summary>Copies what it has from a position within it; only once <see cref="Filling"/> has succeeded.</summary>
    public int CopyTo(long position, Memory<byte> destination)
    {
        int start = (int)(position - Offset);
        int count = Math.Min(destination.Length, Length - start);
        _buffer.AsSpan(start, count).CopyTo(destination.Span);
        return count;
    }

    /// <summary>Gives the memory back, when the reading has ended.</summary>
    public async Task ReleaseAsync()
    {
        await Filling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ArrayPool<byte>.Shared.Return(_buffer);
        _budget.Return(Length);
    }
}

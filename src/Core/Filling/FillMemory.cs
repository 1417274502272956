namespace Orleans.Cache.Filling;

/// <summary>
/// Room for the pages of one fill: reserved as a whole, taken page by page. A page that is in the store and that nobody reads
/// here gives its buffer to the next one while the processor still has it at hand; the room stays reserved to the end.
/// </summary>
/// <remarks>Not safe for concurrent use of one page: the fill's lock decides who takes and gives back.</remarks>
internal sealed class FillMemory(FillBufferPool pool, int[] pageLengths, long cost) : IDisposable
{
    private readonly NativeBuffer?[] _buffers = new NativeBuffer?[pageLengths.Length];

    /// <summary>Bytes reserved.</summary>
    public long Cost { get; } = cost;

    /// <summary>The buffer of the fill's page <paramref name="index"/>; null before it was taken and after it was given back.</summary>
    public NativeBuffer? this[int index] => _buffers[index];

    public NativeBuffer Take(int index) => _buffers[index] ??= pool.Take(pageLengths[index]);

    public void GiveBack(int index)
    {
        (NativeBuffer? buffer, _buffers[index]) = (_buffers[index], null);
        if (buffer is not null)
            pool.Return(buffer);
    }

    /// <summary>Gives everything back, the reservation last.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _buffers.Length; i++)
            GiveBack(i);
        pool.Release(Cost);
    }
}

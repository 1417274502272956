using Orleans.Cache.Gateway.Rest.Files;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>The bytes that a read asks for, before the file's length is known. Pure.</summary>
/// <param name="Start">First byte; from the end of the file where it is negative.</param>
/// <param name="Length">At most so many.</param>
internal readonly record struct ReadWindow(long Start, long Length)
{
    public static ReadWindow Whole { get; } = new(0, long.MaxValue);

    /// <summary>A page, or a part of one.</summary>
    /// <exception cref="CacheException">InvalidArgument.</exception>
    public static ReadWindow OfPage(long page, int pageSize, long? offset, long? length)
    {
        if (offset is < 0 || offset > pageSize || length is < 0)
            throw new CacheException(CacheError.InvalidArgument, $"offset {offset ?? 0} and length {length ?? pageSize} name no part of a page of {pageSize} bytes.");
        long skip = offset ?? 0;
        // Pages beyond the last byte that a file can have are as empty as those beyond the end.
        return page > (long.MaxValue - pageSize) / pageSize
            ? new ReadWindow(long.MaxValue, 0)
            : new ReadWindow(page * pageSize + skip, Math.Min(pageSize - skip, length ?? pageSize));
    }

    /// <summary>A negative length, as clients write "all the rest", reaches to the end.</summary>
    /// <exception cref="CacheException">InvalidArgument.</exception>
    public static ReadWindow OfRange(long? offset, long? length) => offset is < 0
        ? throw new CacheException(CacheError.InvalidArgument, $"offset {offset} is negative; give the number of the first byte.")
        : new ReadWindow(offset ?? 0, length is null or < 0 ? long.MaxValue : length.Value);

    /// <exception cref="CacheException">InvalidArgument.</exception>
    public static ReadWindow OfEnd(long? bytes, bool tail)
    {
        const long Otherwise = 1024; // What the clients ask for unless told.
        long count = bytes ?? Otherwise;
        if (count < 0)
            throw new CacheException(CacheError.InvalidArgument, $"numOfBytes {count} is negative; give a number of bytes.");
        return new ReadWindow(tail ? -count : 0, count);
    }

    /// <summary>The part that a file of so many bytes has; empty beyond its end.</summary>
    public ByteRange Of(long fileLength)
    {
        long start = Math.Clamp(Start < 0 ? fileLength + Start : Start, 0, fileLength);
        return new ByteRange(start, Math.Min(Length, fileLength - start));
    }
}

using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// Copies bytes of a file straight into the transport's own buffers.
/// Invariants: until the first read of a single range has succeeded the response is untouched, so that the answer can start
/// over; from then on it has started, and a read that fails must cut it. (Several ranges start with the first part's head.)
/// Where a range is done, all of it was flushed.
/// </summary>
internal static class FileBody
{
    /// <summary>Bytes per read and flush: large enough that a system call's cost disappears, small enough to stay in a core's cache.</summary>
    public const int ChunkBytes = 128 * CacheLimits.KiB;

    /// <summary>
    /// Bytes of the first read. What is written before a response starts is held aside and copied once more when it does, so
    /// the read that proves the version is small (measured: 100 KiB files then cost about a fifth less CPU). One block of the
    /// server's pool, so that small files still go out with their headers in one piece.
    /// </summary>
    private const int FirstReadBytes = 4 * CacheLimits.KiB;

    /// <summary>Sends a range. Ends early only where the client is gone.</summary>
    /// <exception cref="CacheException">Changed, NotFound, Unavailable, Overloaded.</exception>
    public static async ValueTask SendAsync(HttpResponse response, CacheFile file, ByteRange range, CancellationToken cancellationToken)
    {
        PipeWriter writer = response.BodyWriter;
        long offset = range.Start;
        long end = range.Start + range.Length;
        if (!response.HasStarted && range.Length > FirstReadBytes)
        {
            offset += await ReadAsync(writer, file, offset, end, FirstReadBytes, cancellationToken).ConfigureAwait(false);
            await response.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        while (offset < end)
        {
            offset += await ReadAsync(writer, file, offset, end, ChunkBytes, cancellationToken).ConfigureAwait(false);
            FlushResult flushed = await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;
        }
    }

    /// <summary>Sends several ranges with what stands between them.</summary>
    /// <exception cref="CacheException">Changed, NotFound, Unavailable, Overloaded.</exception>
    public static async ValueTask SendAsync(HttpResponse response, CacheFile file, MultipartRanges parts, CancellationToken cancellationToken)
    {
        PipeWriter writer = response.BodyWriter;
        for (int i = 0; i < parts.Ranges.Count; i++)
        {
            FlushResult flushed = await writer.WriteAsync(parts.HeadOf(i), cancellationToken).ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;
            await SendAsync(response, file, parts.Ranges[i], cancellationToken).ConfigureAwait(false);
        }
        await writer.WriteAsync(parts.Tail, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads at most <paramref name="most"/> bytes into the writer; gives how many.</summary>
    private static async ValueTask<int> ReadAsync(PipeWriter writer, CacheFile file, long offset, long end, int most, CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Min(end - offset, most);
        Memory<byte> target = writer.GetMemory(wanted)[..wanted];
        int read = await file.ReadAsync(offset, target, expected: end - offset, cancellationToken).ConfigureAwait(false);
        if (read <= 0)
            throw CacheException.Changed(file.Status.Path.Value);
        writer.Advance(read);
        return read;
    }
}

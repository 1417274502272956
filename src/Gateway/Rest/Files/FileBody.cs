using System.IO.Pipelines;
using Orleans.Cache.Files;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// Copies bytes of a file straight into the transport's own buffers.
/// Invariant: a byte that was handed to the writer is flushed before the next read, so a read that fails leaves the answer
/// either untouched (it can start over) or on its way (it must be cut).
/// </summary>
internal static class FileBody
{
    /// <summary>Bytes per read and flush: large enough that a system call's cost disappears, small enough to stay in a core's cache.</summary>
    public const int ChunkBytes = 128 * CacheLimits.KiB;

    /// <summary>Sends a range. Ends early only where the client is gone.</summary>
    /// <exception cref="CacheException">Changed, NotFound, Unavailable, Overloaded.</exception>
    public static async ValueTask SendAsync(PipeWriter writer, CacheFile file, ByteRange range, CancellationToken cancellationToken)
    {
        long offset = range.Start;
        for (long left = range.Length; left > 0;)
        {
            int wanted = (int)Math.Min(left, ChunkBytes);
            Memory<byte> target = writer.GetMemory(wanted)[..wanted];
            int read = await file.ReadAsync(offset, target, left, cancellationToken).ConfigureAwait(false);
            if (read <= 0)
                throw CacheException.Changed(file.Status.Path.Value);
            writer.Advance(read);
            offset += read;
            left -= read;
            FlushResult flushed = await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;
        }
    }

    /// <summary>Sends several ranges with what stands between them.</summary>
    /// <inheritdoc cref="SendAsync(PipeWriter, CacheFile, ByteRange, CancellationToken)"/>
    public static async ValueTask SendAsync(PipeWriter writer, CacheFile file, MultipartRanges parts, CancellationToken cancellationToken)
    {
        for (int i = 0; i < parts.Ranges.Count; i++)
        {
            FlushResult flushed = await writer.WriteAsync(parts.HeadOf(i), cancellationToken).ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;
            await SendAsync(writer, file, parts.Ranges[i], cancellationToken).ConfigureAwait(false);
        }
        await writer.WriteAsync(parts.Tail, cancellationToken).ConfigureAwait(false);
    }
}

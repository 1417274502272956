using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>
/// Sends ranges of a file as the body of one response: large cached pieces by sendfile, the others through the transport's buffers.
/// Invariant: a byte that was handed to the writer is flushed before the next read, so a read that fails leaves the answer
/// either untouched (it can start over) or on its way (it must be cut).
/// </summary>
internal sealed class FileBody(HttpContext context, CacheFile file)
{
    /// <summary>
    /// Bytes that are copied and flushed at a time. A reader that stalls holds one chunk of the process's memory: a thousand of
    /// them 32 MiB. And what is written before a response starts is held aside and copied once more when it does.
    /// </summary>
    private const int ChunkBytes = 32 * CacheLimits.KiB;

    /// <summary>What another node sends comes in larger pieces: a read and a write of the socket each.</summary>
    private const int RemoteChunkBytes = 128 * CacheLimits.KiB;

    /// <summary>
    /// From here on sendfile is faster than a read and a send. On open files they are equal between 8 and 16 KiB; over 100,000
    /// files of 20 KiB, where most must be opened, the read served a tenth more.
    /// </summary>
    private const int SendFileFrom = 32 * CacheLimits.KiB;

    /// <summary>
    /// Bytes lent and flushed at a time. Each flush that waits for the client costs a change of threads (with 2 MiB that was half
    /// of the processor time again); and one that does not holds the thread, on which other connections' events run inline
    /// (decision 0002), for a few milliseconds.
    /// </summary>
    private const int SendFileBytes = 16 * CacheLimits.MiB;

    private readonly PipeWriter _writer = context.Response.BodyWriter;
    private readonly CancellationToken _gone = context.RequestAborted;
    private ISendFileFeature? _sendFile;
    private IRangeReader? _remote;

    /// <summary>Sends a range. Ends early only where the client is gone.</summary>
    /// <exception cref="CacheException">Changed, NotFound, Unavailable, Overloaded.</exception>
    public ValueTask SendAsync(ByteRange range)
    {
        if (range.Length >= SendFileFrom)
            _sendFile = context.Features.Get<ISendFileFeature>();
        else if (!context.Response.HasStarted && file.TryLease(range.Start, range.Length, range.Length) is { } lease)
            return SendSmallAsync(range, lease);
        return SendPiecesAsync(range.Start, range.Start + range.Length);
    }

    /// <summary>The short way of most requests to small files: cached, read into the transport's memory behind the headers, and sent with them.</summary>
    private async ValueTask SendSmallAsync(ByteRange range, BackingLease lease)
    {
        int read;
        using (lease)
        {
            await context.Response.StartAsync(_gone).ConfigureAwait(false);
            read = lease.TryRead(_writer.GetMemory((int)range.Length).Span[..(int)range.Length]);
        }
        _writer.Advance(read);
        FlushResult flushed = read == 0 ? default : await _writer.FlushAsync(_gone).ConfigureAwait(false);
        if (read < range.Length && !flushed.IsCompleted && !flushed.IsCanceled)
            await SendPiecesAsync(range.Start + read, range.Start + range.Length).ConfigureAwait(false);
    }

    private async ValueTask SendPiecesAsync(long from, long end)
    {
        try
        {
            for (long offset = from; offset < end;)
            {
                int sent = _remote is null ? await SendCachedAsync(offset, end - offset).ConfigureAwait(false) : 0;
                if (sent == 0)
                    sent = await CopyAsync(offset, end - offset).ConfigureAwait(false);
                if (sent < 0)
                    return;
                offset += sent;
                if (sent == SendFileBytes && offset < end)
                    await Task.Yield();
            }
        }
        finally
        {
            await CloseRemoteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends several ranges with what stands between them.</summary>
    /// <inheritdoc cref="SendAsync(ByteRange)"/>
    public async ValueTask SendAsync(MultipartRanges parts)
    {
        for (int i = 0; i < parts.Ranges.Count; i++)
        {
            FlushResult flushed = await _writer.WriteAsync(parts.HeadOf(i), _gone).ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;
            await SendAsync(parts.Ranges[i]).ConfigureAwait(false);
        }
        await _writer.WriteAsync(parts.Tail, _gone).ConfigureAwait(false);
    }

    /// <summary>Bytes sent straight from a backing file; 0 where the next piece is not cached or must be waited for; -1 where the client is gone.</summary>
    private async ValueTask<int> SendCachedAsync(long offset, long left)
    {
        using BackingLease? lease = file.TryLease(offset, Math.Min(left, SendFileBytes), left)
            ?? (await ComesInOnePieceAsync(offset, left).ConfigureAwait(false) ? file.TryLease(offset, Math.Min(left, SendFileBytes), left) : null);
        if (lease is null)
            return 0;
        // Only what is written after the start goes into the transport's own memory, without another copy.
        if (!context.Response.HasStarted)
            await context.Response.StartAsync(_gone).ConfigureAwait(false);
        int length = (int)lease.Length;
        if (length < SendFileFrom || _sendFile?.TryAppend(_writer, lease.File, lease.Offset, length) != true)
        {
            length = lease.TryRead(_writer.GetMemory(Math.Min(length, ChunkBytes)).Span[..Math.Min(length, ChunkBytes)]);
            if (length == 0)
                return 0;
            _writer.Advance(length);
        }
        if (await FlushAsync().ConfigureAwait(false))
            return length;
        if (_sendFile is { FileFailed: true })
            lease.Doubt();
        return -1;
    }

    /// <summary>Large pieces wait until their page is there, and leave by sendfile. Small ones are read as their bytes arrive.</summary>
    private ValueTask<bool> ComesInOnePieceAsync(long offset, long left) =>
        left >= SendFileFrom && _sendFile is not null ? file.AwaitPageAsync(offset, _gone) : new(false);

    /// <summary>Bytes read and sent; -1 where the client is gone; 0 where another node is to be asked for the rest.</summary>
    private async ValueTask<int> CopyAsync(long offset, long left)
    {
        _remote ??= file.TryOpenRange(offset, left);
        int wanted = (int)Math.Min(left, _remote is null ? ChunkBytes : RemoteChunkBytes);
        Memory<byte> target = _writer.GetMemory(wanted)[..wanted];
        int read = _remote is null
            ? await file.ReadAsync(offset, target, left, _gone).ConfigureAwait(false)
            : await _remote.ReadAsync(target, _gone).ConfigureAwait(false);
        if (read == 0 && _remote is not null)
        {
            // The end of the owner's stripe; the next one may be ours.
            await CloseRemoteAsync().ConfigureAwait(false);
            return 0;
        }
        if (read <= 0)
            throw CacheException.Changed(file.Status.Path.Value);
        _writer.Advance(read);
        return await FlushAsync().ConfigureAwait(false) ? read : -1;
    }

    private async ValueTask CloseRemoteAsync()
    {
        if (_remote is null)
            return;
        await _remote.DisposeAsync().ConfigureAwait(false);
        _remote = null;
    }

    /// <summary>False: nobody reads any more.</summary>
    private async ValueTask<bool> FlushAsync()
    {
        FlushResult flushed = await _writer.FlushAsync(_gone).ConfigureAwait(false);
        return !flushed.IsCompleted && !flushed.IsCanceled;
    }
}

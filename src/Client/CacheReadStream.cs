using System.Buffers;
using Orleans.Cache.Client.Reading;
using Orleans.Cache.Files;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Client;

/// <summary>
/// A file of the cache, open for reading: seekable, and of one version from its first byte to its last. Where the source no longer
/// holds that version, reading what is not cached fails with <see cref="CacheError.Changed"/>; bytes are never mixed. A node that is
/// lost in the middle costs time, not the read: it goes on elsewhere at the same byte.
/// </summary>
/// <remarks>
/// Reading on where the last read stopped reads ahead, up to <see cref="CacheClientOptions.ReadAheadBytes"/>; a read after a seek
/// brings what it asks for. Reads may be short, as those of all streams: use <see cref="Stream.ReadExactlyAsync(Memory{byte}, CancellationToken)"/>,
/// or <see cref="CacheClient.ReadAsync"/>, which fills. Prefer the asynchronous reads: the synchronous ones block their thread while
/// bytes are on their way. For one reader at a time.
/// </remarks>
public sealed class CacheReadStream : Stream
{
    /// <summary>Bytes copied at a time by CopyTo: large enough for few writes, small enough for the processor's caches.</summary>
    private const int CopyBytes = 256 * CacheLimits.KiB;

    private readonly Func<CacheFile, ReadAhead> _open;
    private readonly Func<CancellationToken, ValueTask<CacheFile>>? _reopen;
    private ReadAhead _ahead;
    private long _position;
    private bool _isFixed;
    private bool _isDisposed;

    /// <param name="file">The version.</param>
    /// <param name="open">How a version is read.</param>
    /// <param name="reopen">
    /// The version that is there now, for a stream whose version is gone before anybody has seen anything of it: what a node believes of
    /// a path may be as old as its mount allows. Null: the caller has named the version.
    /// </param>
    internal CacheReadStream(CacheFile file, Func<CacheFile, ReadAhead> open, Func<CancellationToken, ValueTask<CacheFile>>? reopen)
    {
        _open = open;
        _reopen = reopen;
        _ahead = open(file);
        _isFixed = reopen is null;
    }

    /// <summary>The version that is read: path, length in bytes, time of the last change.</summary>
    public FileStatus Status => Fixed().Status;

    /// <inheritdoc/>
    public override bool CanRead => !_isDisposed;

    /// <inheritdoc/>
    public override bool CanSeek => !_isDisposed;

    /// <summary>False.</summary>
    public override bool CanWrite => false;

    /// <summary>Bytes of the version.</summary>
    public override long Length => Fixed().Ref.Length;

    /// <summary>Where the next read begins, in bytes; may lie behind the end, where reads give 0 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It would be negative.</exception>
    public override long Position
    {
        get => _position;
        set
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The position would be negative.</exception>
    public override long Seek(long offset, SeekOrigin origin)
    {
        long target = offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "Not an origin."),
        };
        if (target < 0)
            throw new IOException($"A position of {target} is before the beginning of '{Status.Path}'.");
        return Position = target;
    }

    /// <summary>Reads bytes at the position. Who gives up waiting may read again: the position has not moved.</summary>
    /// <param name="buffer">Filled from its beginning; not touched any more once the call has ended.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Bytes read; 0 at the end of the file only.</returns>
    /// <exception cref="CacheException">
    /// Changed, NotFound, AccessDenied, Overloaded, Unavailable; NodeUnreachable: no node answers, and no under storage is configured.
    /// </exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        int read;
        try
        {
            read = await ReadAtPositionAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (!_isFixed && e.Error is CacheError.Changed or CacheError.NotFound)
        {
            // Nobody has seen the old version: it is this moment at which the file is opened.
            CacheFile now = await _reopen!(cancellationToken).ConfigureAwait(false);
            if (now.Ref.Equals(_ahead.File.Ref))
                throw;
            await _ahead.DisposeAsync().ConfigureAwait(false);
            _ahead = _open(now);
            read = await ReadAtPositionAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        _isFixed = true;
        _position += read;
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Blocks the calling thread where bytes have to come first; see <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override int Read(byte[] buffer, int offset, int count)
    {
        Task<int> reading = ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask();
        // The caller asked to be blocked; what it waits for needs no thread of its own.
        if (!reading.IsCompleted)
            ((IAsyncResult)reading).AsyncWaitHandle.WaitOne();
        return reading.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ValidateCopyToArguments(destination, bufferSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(bufferSize, CopyBytes));
        try
        {
            int read;
            while ((read = await ReadAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false)) > 0)
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Does nothing.</summary>
    public override void Flush()
    {
    }

    /// <summary>Not supported: write with <see cref="CacheClient.CreateAsync"/>.</summary>
    public override void SetLength(long value) => throw new NotSupportedException("A file is read here; write with CacheClient.CreateAsync.");

    /// <summary>Not supported: write with <see cref="CacheClient.CreateAsync"/>.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A file is read here; write with CacheClient.CreateAsync.");

    /// <summary>Ends what is read ahead and waits until its memory is free.</summary>
    public override async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _ahead.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        if (disposing)
            _ahead.Close();
        base.Dispose(disposing);
    }

    private ValueTask<int> ReadAtPositionAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        buffer.IsEmpty || _position >= _ahead.File.Ref.Length ? new(0) : _ahead.ReadAsync(_position, buffer, cancellationToken);

    /// <summary>From now on the caller knows which version it reads.</summary>
    private CacheFile Fixed()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _isFixed = true;
        return _ahead.File;
    }
}

using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>
/// Reads one range of one version piece by piece. Data in the page cache is read inline; what would wait for the disk goes to
/// a pool thread.
/// </summary>
/// <remarks>
/// Invariant: the stamp was equal before the first and after each piece, so every byte handed out lay in the file while it had
/// this version. A file that shrank, grew, was replaced, unlinked or lost its mode has another ctime: Changed.
/// A cancelled read that already runs on the disk is waited for: it writes into the caller's buffer.
/// </remarks>
internal sealed class LocalReader : IUfsReader
{
    /// <summary>A piece: large enough that the stamp's check costs nothing, small enough that the first bytes leave early.</summary>
    public const int MaxPiece = CacheLimits.MiB;

    /// <summary>Read-ahead asked of the kernel once data proved cold: what a few streams of a disk or a network file system need in flight.</summary>
    private const long ColdReadAhead = 8L * CacheLimits.MiB;

    private readonly SafeFileHandle _file;
    private readonly string _key;
    private readonly LocalStamp _stamp;
    private readonly BlockingCalls _blocking;
    private readonly long _end;
    private long _position;
    private long _askedAhead;
    private Waiting _waiting;

    private LocalReader(SafeFileHandle file, string key, LocalStamp stamp, long offset, long length, BlockingCalls blocking)
    {
        _file = file;
        _key = key;
        _stamp = stamp;
        _blocking = blocking;
        _position = _askedAhead = offset;
        _end = offset + length;
        if (length > MaxPiece)
            _ = Libc.Advise(file, offset, length, Libc.POSIX_FADV_SEQUENTIAL);
    }

    private enum Waiting
    {
        /// <summary>Ask the kernel for what needs no disk, first.</summary>
        Unknown,

        /// <summary>The file lies in memory: it never waits, and the kernel refuses the question.</summary>
        Never,

        /// <summary>The file system cannot say what would wait: always on a pool thread.</summary>
        Possible,
    }

    public bool MayPublish { get; private init; }

    /// <summary>
    /// Opens a pinned object (its handle stays the caller's) for reading. It must be a file that has the version and the range;
    /// <paramref name="start"/> is the wall clock before anything of it was looked at.
    /// </summary>
    public static LocalReader Open(
        SafeFileHandle located, string key, FileVersion? version, long offset, long length, DateTimeOffset start, BlockingCalls blocking)
    {
        RequireFile(located, key);
        SafeFileHandle file = Libc.Reopen(located, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC) ?? throw LocalError.Of(Libc.Errno, key);
        try
        {
            Statx statx = RequireFile(file, key);
            LocalStamp stamp = statx.Stamp;
            if ((version is { } wanted && wanted != stamp.ToVersion()) || offset > statx.Size || length > statx.Size - offset)
                throw CacheException.Changed(key);
            return new LocalReader(file, key, stamp, offset, length, blocking) { MayPublish = stamp.IsSettled(start) };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count = (int)Math.Min(Math.Min(destination.Length, MaxPiece), _end - _position);
        if (count == 0)
            return new(0);
        Memory<byte> piece = destination[..count];
        return TryReadInline(piece.Span, out int read) ? new(Confirm(read)) : ReadOnPoolAsync(piece, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Statx RequireFile(SafeFileHandle handle, string key)
    {
        if (!Libc.Stat(handle, out Statx statx))
            throw LocalError.Of(Libc.Errno, key);
        return statx.IsFile ? statx : throw (statx.IsDirectory ? LocalError.IsDirectory(key) : LocalError.Special(key));
    }

    private bool TryReadInline(Span<byte> piece, out int read)
    {
        read = 0;
        if (_waiting == Waiting.Unknown)
        {
            read = Libc.Read(_file, piece, _position, Libc.RWF_NOWAIT);
            if (read >= 0)
                return true;
            int errno = Libc.Errno;
            if (errno == Libc.EAGAIN)
                return false;
            if (errno is not (Libc.EOPNOTSUPP or Libc.EINVAL))
                throw ReadError(errno);
            _waiting = Libc.IsInMemory(_file) ? Waiting.Never : Waiting.Possible;
        }
        if (_waiting == Waiting.Possible)
            return false;
        read = ReadWaiting(piece);
        return true;
    }

    private async ValueTask<int> ReadOnPoolAsync(Memory<byte> piece, CancellationToken cancellationToken) =>
        Confirm(await _blocking.RunAsync(() => ReadCold(piece), cancellationToken).ConfigureAwait(false));

    private int ReadCold(Memory<byte> piece)
    {
        long from = Math.Max(_askedAhead, _position), to = Math.Min(_position + ColdReadAhead, _end);
        // Asked again only when half of it is used up, so that the kernel sees few large requests.
        if (to > from && (to == _end || to - from >= ColdReadAhead / 2))
        {
            _ = Libc.Advise(_file, from, to - from, Libc.POSIX_FADV_WILLNEED);
            _askedAhead = to;
        }
        return ReadWaiting(piece.Span);
    }

    private int ReadWaiting(Span<byte> piece)
    {
        int read = Libc.Read(_file, piece, _position, flags: 0);
        return read >= 0 ? read : throw ReadError(Libc.Errno);
    }

    /// <summary>The stamp after the piece: only now do its bytes count. Nothing read before the end means that the file shrank.</summary>
    private int Confirm(int read)
    {
        if (read == 0)
            throw CacheException.Changed(_key);
        if (!Libc.Stat(_file, out Statx now))
            throw ReadError(Libc.Errno);
        if (now.Stamp != _stamp)
            throw CacheException.Changed(_key);
        _position += read;
        return read;
    }

    // A network file system's way to say that the file is gone.
    private CacheException ReadError(int errno) => errno == Libc.ESTALE ? CacheException.Changed(_key) : LocalError.Of(errno, _key);
}

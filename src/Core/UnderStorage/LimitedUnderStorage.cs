using Orleans.Cache.Identity;

namespace Orleans.Cache.UnderStorage;

/// <summary>
/// Reads an under storage at a rate that all its streams on this node share, so that a cold job leaves a line, or a store's quota, to others. Writes are not
/// limited. Streams that wait for their part of the rate stay open, and each holds one of the requests that its store may have under way; so only some of those are given to
/// them, and statuses, listings and writes never wait behind streams that wait.
/// </summary>
/// <param name="inner">The one that is wrapped; disposed of with this one.</param>
/// <param name="bytesPerSecond">Of all streams together.</param>
/// <param name="maxStreams">Streams open at one time; more wait, in order.</param>
/// <param name="time">Clock and timers.</param>
public sealed class LimitedUnderStorage(IUnderStorage inner, long bytesPerSecond, int maxStreams, TimeProvider time) : DelegatingUnderStorage(inner)
{
    /// <summary>Streams take turns piece by piece; a piece of a slow line must not take longer than a reader's patience.</summary>
    private readonly int _maxPiece = (int)Math.Clamp(bytesPerSecond / 20, 4 * CacheLimits.KiB, CacheLimits.TransferPiece);

    private readonly SemaphoreSlim _streams = new(maxStreams);
    private readonly Lock _gate = new();
    private readonly TimeProvider _time = time;
    private readonly long _start = time.GetTimestamp();

    /// <summary>When all bytes that were taken so far may have come.</summary>
    private TimeSpan _due;

    /// <summary>What a line that was idle may catch up with: more than timers are late, less than anybody notices.</summary>
    private static readonly TimeSpan MaxCredit = TimeSpan.FromMilliseconds(50);

    public override async ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        await _streams.WaitAsync(cancellationToken).ConfigureAwait(false);
        bool opened = false;
        try
        {
            var reader = new LimitedReader(await Inner.OpenReadAsync(key, version, offset, length, cancellationToken).ConfigureAwait(false), this);
            opened = true;
            return reader;
        }
        finally
        {
            if (!opened)
                _streams.Release();
        }
    }

    /// <summary>A status never waits behind streams: where none may be opened now, it is asked for alone.</summary>
    public override async ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken)
    {
        if (!_streams.Wait(0, CancellationToken.None))
            return null;
        FirstBytes? first = null;
        try
        {
            first = await Inner.OpenFirstAsync(key, length, cancellationToken).ConfigureAwait(false);
            return first?.Reader is null ? first : first with { Reader = new LimitedReader(first.Reader, this) };
        }
        finally
        {
            if (first?.Reader is null)
                _streams.Release();
        }
    }

    /// <summary>Takes so many bytes of the rate, and gives how long to wait before they are handed out.</summary>
    private TimeSpan Take(int bytes)
    {
        lock (_gate)
        {
            TimeSpan now = _time.GetElapsedTime(_start);
            TimeSpan earliest = now - MaxCredit;
            _due = (_due > earliest ? _due : earliest) + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
            return _due - now;
        }
    }

    private sealed class LimitedReader(IUfsReader reader, LimitedUnderStorage line) : IUfsReader
    {
        private int _disposed;

        public bool MayPublish => reader.MayPublish;

        public long? FileLength => reader.FileLength;

        public bool IsFromNeighbour => reader.IsFromNeighbour;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            int read = await reader.ReadAsync(destination[..Math.Min(destination.Length, line._maxPiece)], cancellationToken).ConfigureAwait(false);
            TimeSpan wait = read > 0 ? line.Take(read) : TimeSpan.Zero;
            // Timers count whole milliseconds and would round down to none.
            if (wait > TimeSpan.Zero)
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), line._time, cancellationToken).ConfigureAwait(false);
            return read;
        }

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            try
            {
                await reader.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                line._streams.Release();
            }
        }
    }
}

using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;

namespace Orleans.Cache.UnderStorage;

/// <summary>
/// A slow under storage made of a fast one, for demonstrations and benchmarks: each request waits the latency, then each stream
/// delivers its bytes at most at the given rate, evenly. Streams do not share the rate, as those of an object store do not.
/// </summary>
/// <param name="inner">The one that is wrapped; disposed of with this one.</param>
/// <param name="latency">Before the first byte of each request; zero for none.</param>
/// <param name="bytesPerSecondPerStream">Rate of one stream; 0 for no limit.</param>
/// <param name="time">Clock and timers.</param>
public sealed class ThrottledUnderStorage(IUnderStorage inner, TimeSpan latency, long bytesPerSecondPerStream, TimeProvider time)
    : DelegatingUnderStorage(inner)
{
    public override async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        return await Inner.GetStatusAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        IUfsReader reader = await Inner.OpenReadAsync(key, version, offset, length, cancellationToken).ConfigureAwait(false);
        return bytesPerSecondPerStream <= 0 ? reader : new ThrottledReader(reader, bytesPerSecondPerStream, time);
    }

    public override async ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken)
    {
        FirstBytes? first = await Inner.OpenFirstAsync(key, length, cancellationToken).ConfigureAwait(false);
        // What sends no request takes no time.
        if (first is null)
            return null;
        try
        {
            await DelayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            if (first.Reader is not null)
                await first.Reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        return bytesPerSecondPerStream <= 0 || first.Reader is null ? first : first with { Reader = new ThrottledReader(first.Reader, bytesPerSecondPerStream, time) };
    }

    public override async IAsyncEnumerable<UfsStatus> ListAsync(
        string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        await foreach (UfsStatus status in Inner.ListAsync(key, startAfter, cancellationToken).ConfigureAwait(false))
            yield return status;
    }

    public override async Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        return await Inner.CreateAsync(key, content, condition, cancellationToken).ConfigureAwait(false);
    }

    public override async Task<UfsStatus> CreateObjectAsync(string key, Stream content, ObjectWrite write, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        return await Inner.CreateObjectAsync(key, content, write, cancellationToken).ConfigureAwait(false);
    }

    public override async Task CreateDirectoryAsync(string key, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        await Inner.CreateDirectoryAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public override async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        await Inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public override async Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        await Inner.DeleteFileAsync(key, condition, cancellationToken).ConfigureAwait(false);
    }

    public override async Task RenameAsync(string from, string to, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken).ConfigureAwait(false);
        await Inner.RenameAsync(from, to, cancellationToken).ConfigureAwait(false);
    }

    private Task DelayAsync(CancellationToken cancellationToken) =>
        latency > TimeSpan.Zero ? Task.Delay(latency, time, cancellationToken) : Task.CompletedTask;

    /// <summary>
    /// Each piece is handed out when its last byte would have arrived. Timers fire late; the next pieces come sooner for it, up
    /// to <see cref="MaxCredit"/>, so that the mean rate holds but a reader that paused gets no burst.
    /// </summary>
    private sealed class ThrottledReader(IUfsReader inner, long bytesPerSecond, TimeProvider time) : IUfsReader
    {
        /// <summary>Smooth delivery: about a millisecond of a 100 MB/s stream.</summary>
        private const int MaxPiece = 64 * CacheLimits.KiB;

        /// <summary>More than a busy machine's timers are late.</summary>
        private static readonly TimeSpan MaxCredit = TimeSpan.FromMilliseconds(20);

        private readonly long _start = time.GetTimestamp();
        private TimeSpan _due;

        public bool MayPublish => inner.MayPublish;

        public long? FileLength => inner.FileLength;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            TimeSpan asked = time.GetElapsedTime(_start);
            int read = await inner.ReadAsync(destination[..Math.Min(destination.Length, MaxPiece)], cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return 0;
            TimeSpan earliest = asked - MaxCredit;
            _due = (_due > earliest ? _due : earliest) + TimeSpan.FromSeconds((double)read / bytesPerSecond);
            TimeSpan wait = _due - time.GetElapsedTime(_start);
            if (wait > TimeSpan.Zero)
            {
                // Timers count whole milliseconds and would round down to none.
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellationToken).ConfigureAwait(false);
            }
            return read;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Pages.Journal;

/// <summary>
/// Appends records to a file in the order of the calls, without making the caller wait. Appends go to a buffer; one work item
/// at a time on the pool writes all that has gathered with one write(2) (group commit): the longer a write takes, the more
/// the next one carries.
/// </summary>
/// <remarks>
/// Invariants:
/// - what <see cref="FlushAsync"/> has awaited was handed to the kernel: it survives the death of the process, not of the machine;
/// - records appended before <see cref="Rotate"/> are in the old file, those after it in the new one;
/// - a batch that cannot be written is given up and reported, and the next one takes its place in the file. For the store
///   that is safe: a lost addition is a lost page, a lost removal is a page whose checksum will not match.
/// </remarks>
/// <param name="file">Where records go.</param>
/// <param name="position">Of the first record.</param>
/// <param name="onError">Told the errno of a batch that could not be written.</param>
/// <param name="writtenBefore">A log whose records are written before ours.</param>
/// <param name="onLost">Given that batch, good until it returns; called on the writing thread, so it must not wait for a log.</param>
internal sealed class AppendLog(
    SafeFileHandle file, long position, Action<int> onError, AppendLog? writtenBefore = null, Action<ReadOnlyMemory<byte>>? onLost = null)
    : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Batches are small (64 bytes a page); a buffer that a burst made larger than this is not kept.</summary>
    private const int KeptBuffer = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private SafeFileHandle _file = file;
    private long _position = position;
    private byte[] _pending = new byte[4096];
    private byte[] _spare = new byte[4096];
    private int _pendingLength;
    private bool _scheduled;
    private bool _inFlight;
    private bool _closed;
    private TaskCompletionSource? _pendingWritten;
    private TaskCompletionSource? _inFlightWritten;

    /// <summary>Bytes of the current file, those not yet written included.</summary>
    public long Length
    {
        get
        {
            lock (_gate)
                return _position + _pendingLength;
        }
    }

    public void Append(ReadOnlySpan<byte> record)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            if (_pendingLength + record.Length > _pending.Length)
                Array.Resize(ref _pending, Math.Max(2 * _pending.Length, _pendingLength + record.Length));
            record.CopyTo(_pending.AsSpan(_pendingLength));
            _pendingLength += record.Length;
            if (_scheduled)
                return;
            _scheduled = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Completes when all that was appended before the call has been written by write(2), or given up and reported.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            if (_pendingLength > 0)
                return (_pendingWritten ??= NewSignal()).Task;
            return _inFlight ? (_inFlightWritten ??= NewSignal()).Task : Task.CompletedTask;
        }
    }

    /// <summary>Goes on in another file; the old one is complete and closed when this returns.</summary>
    public void Rotate(SafeFileHandle next, long position)
    {
        lock (_writing)
        {
            SafeFileHandle old = _file;
            WritePending();
            lock (_gate)
            {
                // Appends since WritePending go to the new file: nothing else writes while _writing is held.
                _file = next;
                _position = position;
            }
            old.Dispose();
        }
    }

    /// <summary>Makes what was flushed survive the machine.</summary>
    public void Sync()
    {
        lock (_writing)
            RandomAccess.FlushToDisk(_file);
    }

    void IThreadPoolWorkItem.Execute() => WriteOut();

    public void Dispose()
    {
        WriteOut();
        lock (_gate)
            _closed = true;
        WriteOut();
        lock (_writing)
            _file.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void WriteOut()
    {
        writtenBefore?.WriteOut();
        lock (_writing)
            WritePending();
    }

    private void WritePending()
    {
        while (TryTakeBatch(out byte[] batch, out int length))
        {
            int error = LinuxFiles.WriteAll(_file, batch.AsSpan(0, length), _position);
            TaskCompletionSource? written;
            lock (_gate)
            {
                _position += error == 0 ? length : 0;
                _spare = batch.Length <= KeptBuffer ? batch : new byte[4096];
                _inFlight = false;
                written = _inFlightWritten;
                _inFlightWritten = null;
            }
            if (error != 0)
            {
                onError(error);
                onLost?.Invoke(batch.AsMemory(0, length));
            }
            written?.TrySetResult();
        }
    }

    private bool TryTakeBatch(out byte[] batch, out int length)
    {
        lock (_gate)
        {
            batch = _pending;
            length = _pendingLength;
            if (length == 0)
            {
                _scheduled = false;
                return false;
            }
            _pending = _spare;
            _pendingLength = 0;
            _inFlight = true;
            _inFlightWritten = _pendingWritten;
            _pendingWritten = null;
            return true;
        }
    }
}

using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages;

/// <summary>
/// Keeps pages in one store directory: take the page, make room (here), write, journal, publish (<see cref="PageWrite"/>).
/// Whatever fails on the way gives back what was taken; the reader who is behind the write never hears of it.
/// </summary>
internal sealed class PageWriter(
    PageFills fills, PageShares shares, StorageSpaces spaces, PageRemovals removals, Remover remover, Evictor evictor, SpaceLedger ledger,
    AppendLog journal, NameLog names, IBackingFiles files, BackingFileCache cache, DirectoryHealth health) : IAsyncDisposable
{
    /// <summary>Blocking writes at a time: the kernel takes them at the disk's speed, more would only hold threads.</summary>
    private const int MaxBlockingWrites = 16;

    private readonly PageFills _fills = fills;
    private readonly SpaceLedger _ledger = ledger;
    private readonly AppendLog _journal = journal;
    private readonly NameLog _names = names;
    private readonly IBackingFiles _files = files;
    private readonly BackingFileCache _cache = cache;
    private readonly SemaphoreSlim _blocking = new(MaxBlockingWrites);
    private readonly WriteTurns _turns = new();
    private volatile bool _closed;

    /// <summary>See <see cref="IPageStore.BeginWriteAsync"/>.</summary>
    public async ValueTask<IPageWrite?> BeginAsync(FileRef file, long page, CancellationToken cancellationToken)
    {
        StorageSpace space = spaces.Of(file.Identity);
        if (!NameRecord.Fits(file) || !_fills.TryBegin(file, page, out PageFill fill, space.Number))
            return null;
        // Recovered, and its name not read yet. While this fill is in, the file stays as it is now.
        if (fill.Share != space.Number)
            shares.Attribute(file.Id, fill.Incarnation, space);
        bool reserved = false;
        try
        {
            reserved = await TryReserveAsync(space, _ledger.Allocated(file.PageLength(page)), cancellationToken).ConfigureAwait(false);
            return reserved ? new PageWrite(this, file, fill, space.Ledger) : null;
        }
        finally
        {
            if (!reserved)
                Abort(fill, touchedDisk: false);
        }
    }

    /// <summary>Room of the under storage's quota first: where there is none, nobody else's page leaves in vain.</summary>
    private async ValueTask<bool> TryReserveAsync(StorageSpace space, long bytes, CancellationToken cancellationToken)
    {
        if (!await space.Evictor.TryReserveAsync(bytes, cancellationToken).ConfigureAwait(false))
            return false;
        bool reserved = false;
        try
        {
            return reserved = await evictor.TryReserveAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!reserved)
                space.Ledger.Release(bytes);
        }
    }

    /// <summary>
    /// Completes when no file operation is under way. A write that outlives this (its source hangs) changes no file any more: the
    /// directory may be another store's by then, and its page filled again.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        await _turns.AwaitAllAsync().ConfigureAwait(false);
        _blocking.Dispose();
    }

    private void Abort(in PageFill fill, bool touchedDisk)
    {
        if (_fills.Abort(fill, touchedDisk))
            remover.Unlink(new LeavingFile(fill.Head, fill.File, fill.Incarnation));
    }

    private async ValueTask OnErrorAsync(PageFill fill, int error)
    {
        if (health.IsFull(error))
        {
            evictor.OnDiskFull();
        }
        else if (error == LinuxFiles.NoEntry && !fill.IsNewFile)
        {
            // Somebody deleted the backing file: its other pages are gone too.
            var batch = new RemovalBatch();
            if (!removals.TryMarkFile(fill.File, fill.Incarnation, batch))
                return;
            health.CountHealed(batch.Pages.Count, new PageId(fill.File, fill.Page).ToString());
            await remover.RemoveAsync(batch).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// One page that is taken and has room.
    /// Invariants:
    /// - the first <c>_written</c> bytes are in the backing file and in the checksum, unless an error says that they are lost;
    /// - room is given back exactly once: by the eviction of a published page, with the blocks of a dropped file, or after a
    ///   failed write by punching;
    /// - a page that is neither published nor dropped goes back to Absent in <see cref="DisposeAsync"/>, whatever was written.
    /// </summary>
    private sealed class PageWrite(PageWriter writer, FileRef file, PageFill fill, SpaceLedger space) : IPageWrite
    {
        private readonly SemaphoreSlim _turn = writer._turns.Of(file.Id);
        private readonly long _reserved = writer._ledger.Allocated(file.PageLength(fill.Page));
        private BackingFile? _backing;
        private int _written;
        private uint _checksum;
        private int _error;
        private bool _published;

        /// <summary>Only where a write never waits for a device, and nobody else writes to the file just now.</summary>
        public void Offer(ReadOnlySpan<byte> begin)
        {
            if (_error != 0 || !writer._files.NeverWaits || begin.Length - _written < CacheLimits.TransferPiece || !_turn.Wait(0, CancellationToken.None))
                return;
            try
            {
                WriteUpTo(begin);
            }
            finally
            {
                _turn.Release();
            }
        }

        public async ValueTask<bool> CommitAsync(ReadOnlyMemory<byte> page)
        {
            if (page.Length != file.PageLength(fill.Page))
                throw new ArgumentException($"Page {fill.Page} of {file} cannot have {page.Length} bytes.", nameof(page));
            await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                if (writer._files.NeverWaits)
                    WriteUpTo(page.Span);
                else
                    await WriteOnPoolAsync(page).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
            return _published = _error == 0 && writer._fills.TryPublish(fill, _checksum, writer._journal);
        }

        public ValueTask DisposeAsync()
        {
            if (!_published)
                return GiveUpAsync();
            _backing!.Release();
            return ValueTask.CompletedTask;
        }

        private async ValueTask GiveUpAsync()
        {
            await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                GiveBackRoom();
            }
            finally
            {
                _turn.Release();
            }
            writer.Abort(fill, touchedDisk: true);
            if (_error != 0)
                await writer.OnErrorAsync(fill, _error).ConfigureAwait(false);
        }

        private async Task WriteOnPoolAsync(ReadOnlyMemory<byte> page)
        {
            await writer._blocking.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await Task.Run(() => WriteUpTo(page.Span)).ConfigureAwait(false);
            }
            finally
            {
                writer._blocking.Release();
            }
        }

        /// <summary>Sums and writes piece by piece: the write then finds each piece in the processor's cache.</summary>
        private void WriteUpTo(ReadOnlySpan<byte> begin)
        {
            if (_error == 0 && writer._closed)
                _error = LinuxFiles.BadDescriptor;
            if (_error != 0 || !TryOpen(out BackingFile backing))
                return;
            long offset = fill.Page * file.PageSize;
            while (_written < begin.Length)
            {
                ReadOnlySpan<byte> piece = begin[_written..Math.Min(_written + CacheLimits.TransferPiece, begin.Length)];
                _checksum = Crc32C.Append(_checksum, piece);
                _error = -writer._files.Write(backing.Descriptor, piece, offset + _written);
                if (_error != 0)
                    return;
                _written += piece.Length;
            }
        }

        private bool TryOpen(out BackingFile backing)
        {
            if (_backing is null)
            {
                if (fill.IsNewFile)
                    writer._names.Append(file, fill.Incarnation);
                _backing = writer._cache.Rent(file.Id, fill.Incarnation, fill.IsNewFile ? BackingOpen.Create : BackingOpen.Existing, out _error, file.Length);
                if (_backing is not null && fill.IsNewFile)
                    writer._fills.MarkExisting(fill);
            }
            backing = _backing!;
            return _backing is not null;
        }

        private void GiveBackRoom()
        {
            if (_backing is not null && !writer._closed)
                writer._files.Punch(_backing.Descriptor, fill.Page * file.PageSize, _reserved);
            writer._ledger.Release(_reserved);
            space.Release(_reserved);
            if (writer._fills.IsDropped(fill))
            {
                // The remover may have unlinked before we created: unlink again.
                writer._files.Unlink(file.Id, fill.Incarnation);
                writer._cache.Forget(fill.Incarnation);
            }
            _backing?.Release();
        }
    }
}

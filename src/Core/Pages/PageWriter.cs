using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages;

/// <summary>
/// Keeps pages in one store directory: take the page, make room, write, journal, publish. Whatever fails on the way gives back
/// what was taken; the reader who is behind the write never hears of it.
/// </summary>
internal sealed class PageWriter(
    PageFills fills, PageRemovals removals, Remover remover, Evictor evictor, SpaceLedger ledger, AppendLog journal, NameLog names,
    IBackingFiles files, BackingFileCache cache, DirectoryHealth health) : IDisposable
{
    /// <summary>Blocking writes at a time: the kernel takes them at the disk's speed, more would only hold threads.</summary>
    private const int MaxBlockingWrites = 16;

    /// <summary>A quarter of a core's second-level cache on current servers, beside what else is in there.</summary>
    private const int WritePiece = 256 * CacheLimits.KiB;

    private readonly SemaphoreSlim _blocking = new(MaxBlockingWrites);
    private readonly WriteTurns _turns = new();

    public async ValueTask<bool> WriteAsync(FileRef file, long page, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!NameRecord.Fits(file) || !fills.TryBegin(file, page, out PageFill fill))
            return false;
        int error = -1;
        bool touched = false;
        try
        {
            if (!await evictor.TryReserveAsync(ledger.Allocated(data.Length), cancellationToken).ConfigureAwait(false))
                return false;
            touched = true;
            error = await WriteInTurnAsync(file, fill, data).ConfigureAwait(false);
        }
        finally
        {
            if (error != 0 && fills.Abort(fill, touched))
                remover.Unlink(new LeavingFile(fill.Head, file.Id, fill.Incarnation));
        }
        if (error > 0)
            await OnErrorAsync(fill, error).ConfigureAwait(false);
        return error == 0;
    }

    public void Dispose()
    {
        _blocking.Dispose();
        _turns.Dispose();
    }

    private async ValueTask<int> WriteInTurnAsync(FileRef file, PageFill fill, ReadOnlyMemory<byte> data)
    {
        SemaphoreSlim turn = _turns.Of(file.Id);
        await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            return files.NeverWaits ? Write(file, fill, data.Span) : await WriteOnPoolAsync(file, fill, data).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<int> WriteOnPoolAsync(FileRef file, PageFill fill, ReadOnlyMemory<byte> data)
    {
        await _blocking.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Write(file, fill, data.Span)).ConfigureAwait(false);
        }
        finally
        {
            _blocking.Release();
        }
    }

    /// <summary>0: published. -1: the file was dropped meanwhile. Else errno. The reservation is used or given back.</summary>
    private int Write(FileRef file, in PageFill fill, ReadOnlySpan<byte> data)
    {
        long reserved = ledger.Allocated(data.Length);
        if (fill.IsNewFile)
            names.Append(file, fill.Incarnation);
        BackingFile? backing = cache.Rent(file.Id, fill.Incarnation, fill.IsNewFile ? BackingOpen.Create : BackingOpen.Existing, out int error);
        if (backing is null)
        {
            ledger.Release(reserved);
            return error;
        }
        if (fill.IsNewFile)
            fills.MarkExisting(fill);
        long offset = fill.Page * file.PageSize;
        error = WriteSumming(backing.Descriptor, data, offset, out uint checksum);
        if (error == 0 && fills.TryPublish(fill, checksum, journal))
        {
            backing.Release();
            return 0;
        }
        if (error == 0)
        {
            // Dropped while it was written. The remover may have unlinked before we created: unlink again. Our blocks live
            // until the last descriptor of the file is closed, perhaps a lease's.
            error = -1;
            files.Unlink(file.Id, fill.Incarnation);
            backing.ReleaseOnClose(reserved);
            cache.Forget(fill.Incarnation);
        }
        else
        {
            files.Punch(backing.Descriptor, offset, reserved);
            ledger.Release(reserved);
        }
        backing.Release();
        return error;
    }

    /// <summary>Sums and writes piece by piece: the write then finds each piece in the processor's cache. Gives 0 or errno.</summary>
    private int WriteSumming(int descriptor, ReadOnlySpan<byte> data, long offset, out uint checksum)
    {
        checksum = 0;
        for (int at = 0; at < data.Length; at += WritePiece)
        {
            ReadOnlySpan<byte> piece = data.Slice(at, Math.Min(WritePiece, data.Length - at));
            checksum = Crc32C.Append(checksum, piece);
            int error = -files.Write(descriptor, piece, offset + at);
            if (error != 0)
                return error;
        }
        return 0;
    }

    private async ValueTask OnErrorAsync(PageFill fill, int error)
    {
        if (health.IsFull(error))
        {
            ledger.ShrinkToUsed();
            evictor.WakeIfFull();
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
}

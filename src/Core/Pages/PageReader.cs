using System.Buffers;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages;

/// <summary>
/// Reads pages of one store directory. Look up, copy, look again: only bytes copied while the page stayed in the same life are
/// handed out, so a punch in the middle of a read is a miss, not zeros.
/// </summary>
internal sealed class PageReader(
    PageIndex index, PageRemovals removals, Remover remover, IBackingFiles files, BackingFileCache cache, DirectoryHealth health) : IDisposable
{
    /// <summary>Blocking reads at a time: enough to keep a flash disk's queue full, few enough to leave the thread pool alive.</summary>
    private const int MaxBlockingReads = 64;

    /// <summary>Verification reads a page in pieces that stay in the processor's second-level cache until they are summed.</summary>
    private const int VerifyPiece = 128 * CacheLimits.KiB;

    private readonly SemaphoreSlim _blocking = new(MaxBlockingReads);

    private enum Outcome
    {
        Hit,
        Miss,

        /// <summary>The page's bytes are not what was written.</summary>
        PageDamaged,

        /// <summary>The whole backing file is missing.</summary>
        FileLost,
    }

    /// <summary>The hot path: no allocation, no wait. Anything out of the ordinary is left to <see cref="ReadAsync"/>.</summary>
    public PageRead TryRead(FileRef file, long page, int offset, Span<byte> destination)
    {
        if (!index.TryFind(file.Id, page, out PageLocation found))
            return PageRead.Miss;
        if (!found.Word.IsVerified)
            return PageRead.WouldBlock;
        BackingFile? backing = cache.Rent(file.Id, found.Incarnation, BackingOpen.CachedOnly, out int error, file.Length);
        if (backing is null)
            return error == LinuxFiles.NoEntry && !index.IsUnchanged(found) ? PageRead.Miss : PageRead.WouldBlock;
        int got = files.TryRead(backing.Descriptor, destination, page * index.Table.PageSize + offset);
        backing.Release();
        if (!index.IsUnchanged(found))
        {
            cache.Forget(found.Incarnation);
            return PageRead.Miss;
        }
        if (got != destination.Length)
            return PageRead.WouldBlock;
        index.Tracked.Touch(found.Entry);
        return PageRead.Hit;
    }

    /// <summary>Waits for the device on the pool, verifies what was not yet, and drops what is damaged.</summary>
    public async ValueTask<bool> ReadAsync(FileRef file, long page, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await _blocking.WaitAsync(cancellationToken).ConfigureAwait(false);
        Outcome outcome;
        PageLocation found = default;
        try
        {
            // Not cancelled once begun: the kernel writes into the caller's memory.
            outcome = await Task.Run(() => Read(file, page, offset, destination.Span, out found), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _blocking.Release();
        }
        if (outcome is Outcome.PageDamaged or Outcome.FileLost)
            await HealAsync(file.Id, page, found, outcome == Outcome.FileLost).ConfigureAwait(false);
        return outcome == Outcome.Hit;
    }

    /// <summary>
    /// Compares a page with its checksum, whether or not it was verified before, and drops it where it is damaged. Counts as no use of
    /// the page: the eviction policy and the cache of open files stay as they are. False: it has left, or cannot be opened now.
    /// </summary>
    public async ValueTask<bool> ScrubAsync(FileId file, long page, int length, PageLocation found)
    {
        Outcome outcome = await Task.Run(() => Scrub(file, page, length, found)).ConfigureAwait(false);
        if (outcome is Outcome.PageDamaged or Outcome.FileLost)
            await HealAsync(file, page, found, outcome == Outcome.FileLost).ConfigureAwait(false);
        return outcome != Outcome.Miss;
    }

    public void Dispose() => _blocking.Dispose();

    /// <summary>Drops a page, or a file whose backing file is gone, unless it has left already.</summary>
    private async Task HealAsync(FileId file, long page, PageLocation found, bool wholeFile)
    {
        var batch = new RemovalBatch();
        bool marked = wholeFile ? removals.TryMarkFile(file, found.Incarnation, batch) : removals.TryMarkDamaged(file, found, batch);
        if (!marked)
            return;
        health.CountHealed(batch.Pages.Count, new PageId(file, page).ToString());
        await remover.RemoveAsync(batch).ConfigureAwait(false);
    }

    private Outcome Read(FileRef file, long page, int offset, Span<byte> destination, out PageLocation found)
    {
        if (!index.TryFind(file.Id, page, out found))
            return Outcome.Miss;
        BackingFile? backing = cache.Rent(file.Id, found.Incarnation, BackingOpen.Existing, out int error, file.Length);
        if (backing is null)
            return Unopened(found, error);
        bool good = found.Word.IsVerified
            ? files.Read(backing.Descriptor, destination, page * index.Table.PageSize + offset) == destination.Length
            : TryReadVerifying(backing.Descriptor, found, page, file.PageLength(page), offset, destination);
        backing.Release();
        if (!index.IsUnchanged(found) || (good && !found.Word.IsVerified && !index.TryMarkVerified(file.Id, found)))
        {
            cache.Forget(found.Incarnation);
            return Outcome.Miss;
        }
        if (!good)
            return Outcome.PageDamaged;
        index.Tracked.Touch(found.Entry);
        return Outcome.Hit;
    }

    private Outcome Scrub(FileId file, long page, int length, in PageLocation found)
    {
        int descriptor = files.Open(file, found.Incarnation, BackingOpen.Existing);
        if (descriptor < 0)
            return Unopened(found, -descriptor);
        bool good = TryReadVerifying(descriptor, found, page, length, 0, []);
        files.Close(descriptor);
        if (!index.IsUnchanged(found) || (good && !index.TryMarkVerified(file, found)))
            return Outcome.Miss;
        return good ? Outcome.Hit : Outcome.PageDamaged;
    }

    /// <summary>What a backing file that cannot be opened says of its page.</summary>
    private Outcome Unopened(in PageLocation found, int error)
    {
        if (!index.IsUnchanged(found))
            return Outcome.Miss;
        return error switch
        {
            LinuxFiles.NoEntry => Outcome.FileLost,
            LinuxFiles.IoError => Outcome.PageDamaged,
            _ => Outcome.Miss,
        };
    }

    /// <summary>Reads the whole page, sums it, and copies the wanted part on the way.</summary>
    private bool TryReadVerifying(int descriptor, in PageLocation found, long page, int length, int offset, Span<byte> destination)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(VerifyPiece);
        try
        {
            uint crc = 0;
            for (int at = 0; at < length; at += VerifyPiece)
            {
                Span<byte> piece = buffer.AsSpan(0, Math.Min(VerifyPiece, length - at));
                if (files.Read(descriptor, piece, page * index.Table.PageSize + at) != piece.Length)
                    return false;
                crc = Crc32C.Append(crc, piece);
                CopyOverlap(piece, at, offset, destination);
            }
            return crc == found.Checksum;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void CopyOverlap(ReadOnlySpan<byte> piece, int at, int offset, Span<byte> destination)
    {
        int from = Math.Max(at, offset);
        int to = Math.Min(at + piece.Length, offset + destination.Length);
        if (from < to)
            piece[(from - at)..(to - at)].CopyTo(destination[(from - offset)..]);
    }
}

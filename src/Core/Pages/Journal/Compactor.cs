using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages.Journal;

/// <summary>
/// Writes snapshots, so that a start reads about what is there and not all that ever happened, and has the name log rewritten.
/// 1. Go on in journal n+1. 2. Write what the index holds, while pages come and go, to a temporary file. 3. fsync, rename to
/// snapshot n+1, fsync the directory. 4. Delete older journals and snapshots. Why that is right is written at Recovery.
/// </summary>
/// <remarks>
/// After <see cref="CloseAsync"/> nothing touches the files: a snapshot that was scheduled before and comes to its turn later
/// finds the compactor closed. The directory may be another store's by then.
/// </remarks>
/// <param name="files">The store's files.</param>
/// <param name="index">What a snapshot holds.</param>
/// <param name="journal">The journal that rotates.</param>
/// <param name="names">The name log that is rewritten along.</param>
/// <param name="sequence">Number of the journal now.</param>
/// <param name="replayed">Records that the last recovery read: it would read them again.</param>
internal sealed class Compactor(StoreFiles files, PageIndex index, AppendLog journal, NameLog names, long sequence, long replayed)
{
    /// <summary>Below this many records (4 MiB) a replay takes some 20 ms, and a snapshot is not worth its fsync.</summary>
    private const long AlwaysFine = 64 * 1024;

    private long _sequence = sequence;
    private long _olderRecords = replayed;
    private long _snapshotRecords;
    private int _scheduled;
    private bool _closed;

    /// <summary>Maintenance (snapshot, search and rewrite of names, sweep) happens one at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>
    /// More than twice as many records as the last snapshot wrote: then a start reads at most three times what is there, and a
    /// page's record is rewritten about once for each time that it is appended.
    /// </summary>
    public bool IsDue => Records > (2 * Interlocked.Read(ref _snapshotRecords)) + AlwaysFine;

    private long Records => Interlocked.Read(ref _olderRecords) + ((journal.Length - StoreHeader.Size) / JournalRecord.Size);

    /// <summary>Starts a snapshot in the background where one is due and none under way.</summary>
    public void CompactIfDue()
    {
        if (IsDue && Interlocked.Exchange(ref _scheduled, 1) == 0)
            _ = Task.Run(RunScheduledAsync);
    }

    /// <summary>Writes a snapshot now; nothing once closed.</summary>
    public async Task CompactAsync()
    {
        await Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_closed)
                await SnapshotAsync().ConfigureAwait(false);
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Writes a last snapshot where anything happened since the one before, and none ever after.</summary>
    public async Task CloseAsync()
    {
        await Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_closed && Records > 0)
                await SnapshotAsync().ConfigureAwait(false);
        }
        finally
        {
            _closed = true;
            Turn.Release();
        }
    }

    private async Task RunScheduledAsync()
    {
        try
        {
            await CompactAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No room for a snapshot, or no permission any more: the journals stay, and are enough. The next one is tried after as many records again.
            Interlocked.Exchange(ref _snapshotRecords, Records);
        }
        finally
        {
            Interlocked.Exchange(ref _scheduled, 0);
        }
    }

    private async Task SnapshotAsync()
    {
        long next = _sequence + 1;
        journal.Rotate(files.Create(StoreFileKind.Journal, next), StoreHeader.Size);
        _sequence = next;
        Interlocked.Exchange(ref _snapshotRecords, WriteSnapshot(next));
        Interlocked.Exchange(ref _olderRecords, 0);
        files.DeleteBelow(StoreFileKind.Journal, next);
        files.DeleteBelow(StoreFileKind.Snapshot, next);
        if (names.NeedsRewrite)
            await names.RewriteAsync(next).ConfigureAwait(false);
    }

    private long WriteSnapshot(long number)
    {
        long position = StoreHeader.Size, records;
        using (SafeFileHandle file = files.Create(StoreFileKind.Snapshot, number, temporary: true))
        {
            records = new SnapshotWalk(index).Run(batch =>
            {
                RandomAccess.Write(file, batch.Span, position);
                position += batch.Length;
            });
            RandomAccess.FlushToDisk(file);
        }
        files.Publish(StoreFileKind.Snapshot, number);
        return records;
    }
}

using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages.Journal;

/// <summary>What recovery found.</summary>
/// <param name="LastSequence">Highest number of any journal, snapshot or name log.</param>
/// <param name="Records">Good records that were applied.</param>
/// <param name="SkippedRecords">Records that did not match their checksum; each costs at most a page.</param>
internal readonly record struct RecoveryResult(long LastSequence, long Records, long SkippedRecords);

/// <summary>
/// Rebuilds the index: the newest good snapshot k, then the journals k, k+1 ... in order.
/// </summary>
/// <remarks>
/// Why a snapshot taken while pages come and go, and the journal replayed over it, give the state at the crash: journal k was
/// begun before snapshot k's walk. A page's transition and its record happen under one hold of its shard's lock, and the walk
/// reads under that lock. So for each page, either no record of it is in journal k or later: then it has not changed since k
/// began, and the walk saw it as it still is. Or there are some: then the last of them decides, whatever the walk saw, because
/// every record says all about its page and applying one twice, or one that the walk has seen already, changes nothing.
/// Files are told apart by incarnation in the same way: records of an older one than the known are void.
///
/// Why a bad, missing or stale record never shows a wrong page: a restored page is served only after its bytes have matched
/// its checksum, and its id names one immutable content. A lost addition is a miss; a lost removal is a page that reads as
/// zeros or not at all, fails its checksum and is fetched again. So a torn tail or a flipped bit is skipped and counted.
/// </remarks>
/// <param name="files">The directory's.</param>
/// <param name="index">To be filled.</param>
/// <param name="marks">What is true of every file that comes back.</param>
internal sealed class Recovery(StoreFiles files, PageIndex index, FileFlags marks = FileFlags.None)
{
    private const int RecordsPerRead = 16 * 1024;

    private readonly IndexRestore _restore = new(index, marks);
    private long _records;
    private long _skipped;

    public RecoveryResult Run()
    {
        IReadOnlyList<long> journals = files.Sequences(StoreFileKind.Journal);
        IReadOnlyList<long> snapshots = files.Sequences(StoreFileKind.Snapshot);
        long from = 0;
        foreach (long sequence in snapshots.Reverse())
        {
            using SafeFileHandle? snapshot = files.TryOpen(StoreFileKind.Snapshot, sequence);
            if (snapshot is null)
                continue;
            Replay(snapshot);
            from = sequence;
            break;
        }
        foreach (long sequence in journals.Where(j => j >= from))
        {
            using SafeFileHandle? journal = files.TryOpen(StoreFileKind.Journal, sequence);
            if (journal is not null)
                Replay(journal);
        }
        IEnumerable<long> all = [0, .. journals, .. snapshots, .. files.Sequences(StoreFileKind.Names)];
        return new RecoveryResult(all.Max(), _records, _skipped);
    }

    private void Replay(SafeFileHandle file)
    {
        var buffer = new byte[RecordsPerRead * JournalRecord.Size];
        long position = StoreHeader.Size;
        int got;
        do
        {
            got = ReadFully(file, buffer, position);
            position += got;
            for (int at = 0; at + JournalRecord.Size <= got; at += JournalRecord.Size)
            {
                if (JournalRecord.TryRead(buffer.AsSpan(at), out JournalRecord record))
                {
                    _restore.Apply(record);
                    _records++;
                }
                else
                {
                    _skipped++;
                }
            }
            _skipped += got % JournalRecord.Size == 0 ? 0 : 1;
        }
        while (got == buffer.Length);
    }

    private static int ReadFully(SafeFileHandle file, Span<byte> target, long position)
    {
        int done = 0, got;
        while (done < target.Length && (got = RandomAccess.Read(file, target[done..], position + done)) > 0)
            done += got;
        return done;
    }
}

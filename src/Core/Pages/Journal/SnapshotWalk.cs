using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages.Journal;

/// <summary>
/// Walks a live index and gives a PageAdded record for each page that is Present, a few slots at a time under a shard's lock.
/// </summary>
internal sealed class SnapshotWalk(PageIndex index)
{
    /// <summary>Slots per hold of a shard's lock: with 64 pages each, some 100 us at the worst.</summary>
    private const int SlotsPerHold = 64;

    private const int None = -1;

    /// <summary>Calls <paramref name="write"/> with batches of finished records, outside all locks. Gives the number of records.</summary>
    public long Run(Action<ReadOnlyMemory<byte>> write)
    {
        var buffer = new byte[SlotsPerHold * PageIndex.PagesPerExtent * JournalRecord.Size];
        long records = 0;
        foreach (IndexShard shard in index.Table.Shards)
        {
            for (int from = 0; from < shard.SlotCount; from += SlotsPerHold)
            {
                int filled = 0;
                lock (shard.Gate)
                {
                    int to = Math.Min(from + SlotsPerHold, shard.SlotCount);
                    for (int i = from; i < to; i++)
                        Add(shard[i], buffer, ref filled);
                }
                for (int at = 0; at < filled; at += JournalRecord.Size)
                    JournalRecord.WriteChecksum(buffer.AsSpan(at, JournalRecord.Size));
                write(buffer.AsMemory(0, filled));
                records += filled / JournalRecord.Size;
            }
        }
        return records;
    }

    private void Add(in FileSlot slot, byte[] buffer, ref int filled)
    {
        for (int entry = index.FirstPresent(slot, slot.FirstEntry); entry != None; entry = index.FirstPresent(slot, entry + 1))
        {
            long page = slot.Extent * PageIndex.PagesPerExtent + (entry - slot.FirstEntry);
            var record = new JournalRecord(
                JournalKind.PageAdded, slot.Id, slot.Incarnation, slot.Length, page, index.Table.Entry(entry).Checksum);
            record.WriteFields(buffer.AsSpan(filled, JournalRecord.Size));
            filled += JournalRecord.Size;
        }
    }
}

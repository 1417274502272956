using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages.Index;

/// <summary>
/// Rebuilds an index from journal records, before anybody else uses it. A record of an older incarnation than the known one is
/// ignored, a newer one replaces it: so records may be applied again, or over a snapshot that has seen some of them.
/// Pages come back unverified: nothing on disk is believed before it has matched its checksum.
/// </summary>
/// <param name="index">To be filled.</param>
/// <param name="marks">What is true of every file that comes back.</param>
internal sealed class IndexRestore(PageIndex index, FileFlags marks = FileFlags.None)
{
    private const int None = -1;

    private readonly IndexTable _table = index.Table;

    public void Apply(in JournalRecord record)
    {
        lock (_table.ShardOf(record.File).Gate)
        {
            int head = _table.FindHead(record.File);
            if (head != None && _table.Slot(head).Incarnation > record.Incarnation)
                return;
            if (head != None && (_table.Slot(head).Incarnation < record.Incarnation || record.Kind == JournalKind.FileRemoved))
            {
                Forget(head);
                head = None;
            }
            if (record.Kind == JournalKind.PageAdded)
                Add(head, record);
            else if (record.Kind == JournalKind.PageRemoved && head != None && _table.FindEntry(record.File, record.Page) is >= 0 and int entry)
                Remove(head, entry);
        }
    }

    /// <summary>Hands every page to the eviction policy. Gives the pages and their allocated bytes.</summary>
    public (long Pages, long Bytes) TrackAll(Func<int, long> allocated)
    {
        long pages = 0, bytes = 0;
        for (int number = 0; number < _table.Shards.Count; number++)
        {
            IndexShard shard = _table.Shards[number];
            lock (shard.Gate)
            {
                for (int i = 0; i < shard.SlotCount; i++)
                {
                    FileSlot slot = shard[i];
                    for (int entry = index.FirstPresent(slot, slot.FirstEntry); entry != None; entry = index.FirstPresent(slot, entry + 1))
                    {
                        long page = slot.Extent * PageIndex.PagesPerExtent + (entry - slot.FirstEntry);
                        index.Tracked.Add(entry, slot.IdLow, page);
                        pages++;
                        bytes += allocated(_table.PageLength(slot.Length, page));
                    }
                }
            }
        }
        return (pages, bytes);
    }

    private void Add(int head, in JournalRecord record)
    {
        if (record.Length == 0 || record.Page > (record.Length - 1) / _table.PageSize)
            return;
        if (head == None)
            head = _table.AddHead(record.File, record.Length, record.Incarnation);
        int entry = _table.FindEntry(record.File, record.Page);
        if (entry == None || new PageWord(_table.Entry(entry).Word).State == PageState.Absent)
        {
            entry = _table.Occupy(head, record.Page);
            _table.Slot(head).LivePages++;
            _table.Slot(head).Flags |= FileFlags.Exists | marks;
        }
        ref PageEntry page = ref _table.Entry(entry);
        page.Checksum = record.Checksum;
        page.Word = new PageWord(page.Word).To(PageState.Present).Bits;
    }

    private void Remove(int head, int entry)
    {
        ref PageEntry page = ref _table.Entry(entry);
        if (new PageWord(page.Word).State != PageState.Present)
            return;
        page.Word = new PageWord(page.Word).To(PageState.Absent).Bits;
        if (--_table.Slot(head).LivePages == 0)
            _table.Slot(head).Flags |= FileFlags.Unlinked;
        _table.Vacate(page.Owner);
    }

    private void Forget(int head)
    {
        // The head goes with its last page; so the number of pages is taken before.
        int left = _table.Slot(head).LivePages;
        for (int slotId = head; left > 0;)
        {
            FileSlot slot = _table.Slot(slotId);
            int next = slot.NextOfFile;
            for (int entry = index.FirstPresent(slot, slot.FirstEntry); entry != None && left > 0; left--)
            {
                int after = left > 1 ? index.FirstPresent(slot, entry + 1) : None;
                Remove(head, entry);
                entry = after;
            }
            slotId = next;
        }
    }
}

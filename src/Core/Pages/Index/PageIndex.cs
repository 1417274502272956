using Orleans.Cache.Eviction;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Index;

/// <summary>Where a page was found. Good as long as <see cref="PageIndex.IsUnchanged"/> says so.</summary>
internal readonly record struct PageLocation(int Entry, PageWord Word, uint Checksum, long Incarnation);

/// <summary>
/// Which pages of which files a store directory holds, in flat arrays. Page states have one owner per transition:
/// <code>
///   Absent -> Filling     the writer that found it Absent (PageFills)
///   Filling -> Present    the same writer, its bytes written and journalled; or back to Absent
///   Present -> Evicting   the remover that found it Present: eviction, free or damage (PageRemovals)
///   Evicting -> Absent    the same remover, its blocks given back
/// </code>
/// So a page cannot be filled while it is being punched, nor punched while it is being filled. A reader takes no part: it looks
/// up, copies, and looks again whether the page is in the same life.
/// </summary>
internal sealed class PageIndex
{
    public const int PagesPerExtent = 64;

    private const int None = -1;

    public PageIndex(int pageSize, IEvictionPolicy policy)
    {
        Table = new IndexTable(pageSize);
        Tracked = new TrackedPages(policy, Table);
    }

    public IndexTable Table { get; }

    public TrackedPages Tracked { get; }

    public long MemoryBytes => Table.MemoryBytes + Tracked.MemoryBytes;

    /// <summary>Finds a page that is Present.</summary>
    public bool TryFind(FileId id, long page, out PageLocation location)
    {
        IndexShard shard = Table.ShardOf(id);
        lock (shard.Gate)
        {
            int slotId = Table.Find(id, page / PagesPerExtent);
            if (slotId != None)
            {
                ref FileSlot slot = ref Table.Slot(slotId);
                if (slot.FirstEntry != None && page * Table.PageSize < slot.Length)
                {
                    int entry = slot.FirstEntry + (int)(page % PagesPerExtent);
                    ref PageEntry found = ref Table.Entry(entry);
                    location = new PageLocation(entry, new PageWord(Volatile.Read(ref found.Word)), found.Checksum, slot.Incarnation);
                    return location.Word.State == PageState.Present;
                }
            }
        }
        location = default;
        return false;
    }

    /// <summary>
    /// Whether the page is in the same life as when it was found: then bytes copied before the call were its bytes, because its
    /// state changes before its blocks are punched. The barrier keeps the copy's loads before the look.
    /// </summary>
    public bool IsUnchanged(in PageLocation location)
    {
        Volatile.ReadBarrier();
        return new PageWord(Volatile.Read(ref Table.Entry(location.Entry).Word)).IsSameLife(location.Word);
    }

    /// <summary>Notes that the page's bytes matched its checksum. False where the page has left meanwhile.</summary>
    public bool TryMarkVerified(FileId id, in PageLocation location)
    {
        lock (Table.ShardOf(id).Gate)
        {
            if (!IsUnchanged(location))
                return false;
            Interlocked.Or(ref Table.Entry(location.Entry).Word, PageWord.VerifiedBit);
            return true;
        }
    }

    /// <summary>Takes back the verification of the pages that a range touches: each is verified again before it is next served.</summary>
    public void Doubt(FileId id, long incarnation, long offset, long length)
    {
        lock (Table.ShardOf(id).Gate)
        {
            int head = Table.FindHead(id);
            if (head == None || Table.Slot(head).Incarnation != incarnation)
                return;
            for (long page = offset / Table.PageSize; page * Table.PageSize < offset + length; page++)
            {
                if (Table.FindEntry(id, page) is int entry and not None)
                    Interlocked.And(ref Table.Entry(entry).Word, ~PageWord.VerifiedBit);
            }
        }
    }

    /// <summary>Bytes of the content's pages that are Present.</summary>
    public long CachedBytes(FileId id)
    {
        long bytes = 0;
        lock (Table.ShardOf(id).Gate)
        {
            for (int slotId = Table.FindHead(id); slotId != None; slotId = Table.Slot(slotId).NextOfFile)
            {
                FileSlot slot = Table.Slot(slotId);
                for (int entry = FirstPresent(slot, slot.FirstEntry); entry != None; entry = FirstPresent(slot, entry + 1))
                    bytes += Table.PageLength(slot.Length, Table.PageOf(slotId, entry));
            }
        }
        return bytes;
    }

    /// <summary>Whether an extent of a content is in; one that is not holds no page.</summary>
    public bool HoldsExtent(FileId id, long extent)
    {
        lock (Table.ShardOf(id).Gate)
            return Table.Find(id, extent) != None;
    }

    /// <summary>Pages of one incarnation that are Present, and their bytes.</summary>
    public (long Pages, long Bytes) CountPages(FileId id, long incarnation)
    {
        long pages = 0, bytes = 0;
        lock (Table.ShardOf(id).Gate)
        {
            int head = Table.FindHead(id);
            if (head == None || Table.Slot(head).Incarnation != incarnation)
                return default;
            for (int slotId = head; slotId != None; slotId = Table.Slot(slotId).NextOfFile)
            {
                FileSlot slot = Table.Slot(slotId);
                for (int entry = FirstPresent(slot, slot.FirstEntry); entry != None; entry = FirstPresent(slot, entry + 1), pages++)
                    bytes += Table.PageLength(slot.Length, Table.PageOf(slotId, entry));
            }
        }
        return (pages, bytes);
    }

    /// <summary>
    /// Starts a lease on the leading pages of a range that are Present and verified: until <see cref="EndLease"/> none of the
    /// file's pages begins to leave by punching. Gives the incarnation and the number of pages, at least one.
    /// </summary>
    public bool TryBeginLease(FileId id, long firstPage, long lastPage, out long incarnation, out long pages)
    {
        IndexShard shard = Table.ShardOf(id);
        lock (shard.Gate)
        {
            incarnation = 0;
            pages = 0;
            int headId = Table.FindHead(id);
            if (headId == None || (Table.Slot(headId).Flags & FileFlags.Unlinking) != 0)
                return false;
            for (long page = firstPage; page <= lastPage; page++, pages++)
            {
                int entry = Table.FindEntry(id, page);
                if (entry == None || new PageWord(Table.Entry(entry).Word) is not { State: PageState.Present, IsVerified: true })
                    break;
                Tracked.Touch(entry);
            }
            if (pages == 0)
                return false;
            ref FileSlot head = ref Table.Slot(headId);
            head.Flags |= FileFlags.Leased;
            incarnation = head.Incarnation;
            shard.Leases[incarnation] = shard.Leases.GetValueOrDefault(incarnation) + 1;
            return true;
        }
    }

    public void EndLease(FileId id, long incarnation)
    {
        IndexShard shard = Table.ShardOf(id);
        lock (shard.Gate)
        {
            int left = shard.Leases[incarnation] - 1;
            if (left > 0)
            {
                shard.Leases[incarnation] = left;
                return;
            }
            shard.Leases.Remove(incarnation);
            int headId = Table.FindHead(id);
            if (headId != None && Table.Slot(headId).Incarnation == incarnation)
                Table.Slot(headId).Flags &= ~FileFlags.Leased;
        }
    }

    /// <summary>Whether this incarnation of the file is in and not about to leave; sets <paramref name="mark"/> on it if so.</summary>
    public bool IsLive(FileId id, long incarnation, FileFlags mark = FileFlags.None)
    {
        lock (Table.ShardOf(id).Gate)
        {
            int headId = Table.FindHead(id);
            if (headId == None || Table.Slot(headId).Incarnation != incarnation || (Table.Slot(headId).Flags & FileFlags.Unlinking) != 0)
                return false;
            Table.Slot(headId).Flags |= mark;
            return true;
        }
    }

    /// <summary>Length of a content of which some page is in.</summary>
    public bool TryGetLength(FileId id, out long length)
    {
        lock (Table.ShardOf(id).Gate)
        {
            int headId = Table.FindHead(id);
            length = headId == None ? 0 : Table.Slot(headId).Length;
            return headId != None;
        }
    }

    /// <summary>Sets a mark on a live incarnation; false where it has the mark already or is not live.</summary>
    public bool TryMarkOnce(FileId id, long incarnation, FileFlags mark)
    {
        lock (Table.ShardOf(id).Gate)
        {
            int headId = Table.FindHead(id);
            if (headId == None || Table.Slot(headId).Incarnation != incarnation || (Table.Slot(headId).Flags & (mark | FileFlags.Unlinking)) != 0)
                return false;
            Table.Slot(headId).Flags |= mark;
            return true;
        }
    }

    /// <summary>The first entry at or after <paramref name="from"/> of the slot's run that is Present, or -1.</summary>
    public int FirstPresent(in FileSlot slot, int from)
    {
        if (slot.FirstEntry == None)
            return None;
        long pagesLeft = (slot.Length - slot.Extent * PagesPerExtent * Table.PageSize - 1) / Table.PageSize + 1;
        int end = slot.FirstEntry + (int)Math.Min(PagesPerExtent, pagesLeft);
        for (int entry = from; entry < end; entry++)
        {
            if (new PageWord(Table.Entry(entry).Word).State == PageState.Present)
                return entry;
        }
        return None;
    }
}

using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Index;

/// <summary>
/// The structure under the page index: file slots in sixteen shards by FileId, page entries in one pool. A file is a head slot
/// (extent 0) and a list of further extents of 64 pages; an extent with any page that is not Absent owns a contiguous run of
/// entries. Nothing is proportional to a file's length: only extents in use exist.
/// </summary>
/// <remarks>
/// Invariants, all under the shard's lock:
/// - a slot id is (slot in shard, shard), so an entry's owner says which lock guards it;
/// - ExtentPages counts the entries of the run that are not Absent; it is zero exactly when there is no run;
/// - the head's LivePages counts the file's pages that are Filling or Present;
/// - a head goes when no page is other than Absent and its backing file is gone or was never made.
/// Memory: 64 bytes a slot and 4 a bucket, 12 an entry: a file of one page costs 80 bytes, a further page 13, policy excluded.
/// </remarks>
internal sealed class IndexTable(int pageSize)
{
    /// <summary>64 entries keep a slot's share per page at one byte, and bound what one page of a sparse file holds on to at 1.5 KiB.</summary>
    public const int PagesPerExtent = PageIndex.PagesPerExtent;

    private const int ShardBits = 4;
    private const int None = -1;

    private readonly IndexShard[] _shards = [.. Enumerable.Range(0, 1 << ShardBits).Select(_ => new IndexShard())];
    private readonly EntryPool _pool = new();
    private long _files;

    public int PageSize { get; } = pageSize;

    public IReadOnlyList<IndexShard> Shards => _shards;

    public long Files => Interlocked.Read(ref _files);

    public long MemoryBytes
    {
        get
        {
            long bytes = _pool.Entries.MemoryBytes;
            foreach (IndexShard shard in _shards)
                bytes += shard.MemoryBytes;
            return bytes;
        }
    }

    public static int NumberOf(FileId id) => (int)(ulong)(id.Value >> 64) & ((1 << ShardBits) - 1);

    public IndexShard ShardOf(FileId id) => _shards[NumberOf(id)];

    public IndexShard ShardOf(int slotId) => _shards[slotId & ((1 << ShardBits) - 1)];

    public ref FileSlot Slot(int slotId) => ref ShardOf(slotId)[slotId >> ShardBits];

    public ref PageEntry Entry(int entry) => ref _pool.Entries[entry];

    public static int SlotId(int slot, int shard) => (slot << ShardBits) | shard;

    public long PageOf(int slotId, int entry)
    {
        ref FileSlot slot = ref Slot(slotId);
        return slot.Extent * PagesPerExtent + (entry - slot.FirstEntry);
    }

    public int PageLength(long fileLength, long page) => (int)Math.Min(PageSize, fileLength - page * PageSize);

    /// <summary>The head's slot id, or -1.</summary>
    public int FindHead(FileId id) => Find(id, extent: 0);

    public int Find(FileId id, long extent)
    {
        int slot = ShardOf(id).Find((ulong)(id.Value >> 64), (ulong)id.Value, extent);
        return slot == None ? None : SlotId(slot, NumberOf(id));
    }

    /// <summary>The page's entry, or -1 where its extent has none (then the page is Absent).</summary>
    public int FindEntry(FileId id, long page)
    {
        int slotId = Find(id, page / PagesPerExtent);
        if (slotId == None)
            return None;
        int first = Slot(slotId).FirstEntry;
        return first == None ? None : first + (int)(page % PagesPerExtent);
    }

    public int AddHead(FileId id, long length, long incarnation, ushort share = 0)
    {
        int head = Add(id, 0, length, incarnation);
        Slot(head).Share = share;
        Interlocked.Increment(ref _files);
        return head;
    }

    /// <summary>Makes room for a page that is about to be other than Absent, and counts it in its extent.</summary>
    public int Occupy(int headId, long page)
    {
        FileId id = Slot(headId).Id;
        long extent = page / PagesPerExtent;
        int slotId = extent == 0 ? headId : Find(id, extent);
        if (slotId == None)
            slotId = AddExtent(headId, extent);
        ref FileSlot slot = ref Slot(slotId);
        if (slot.FirstEntry == None)
            slot.FirstEntry = _pool.Rent(RunLength(slot.Length, extent), slotId);
        slot.ExtentPages++;
        return slot.FirstEntry + (int)(page % PagesPerExtent);
    }

    /// <summary>A page of the slot has become Absent: counts it out, and frees what holds nothing any more.</summary>
    public void Vacate(int slotId)
    {
        ref FileSlot slot = ref Slot(slotId);
        if (--slot.ExtentPages > 0)
            return;
        _pool.Return(slot.FirstEntry, RunLength(slot.Length, slot.Extent));
        slot.FirstEntry = None;
        int headId = slotId;
        if (slot.Extent != 0)
        {
            headId = FindHead(slot.Id);
            Unlink(slotId);
        }
        FreeHeadIfDone(headId);
    }

    /// <summary>Frees a file's head once nothing is left of it. A head that was never on disk has no flags.</summary>
    public void FreeHeadIfDone(int headId)
    {
        ref FileSlot head = ref Slot(headId);
        bool gone = (head.Flags & FileFlags.Unlinked) != 0 || (head.Flags & (FileFlags.Exists | FileFlags.Unlinking)) == 0;
        if (!gone || head.LivePages > 0 || head.ExtentPages > 0 || head.NextOfFile != None)
            return;
        ShardOf(headId).Remove(headId >> ShardBits);
        Interlocked.Decrement(ref _files);
    }

    private static long PagesFrom(long length, long extent, int pageSize) => (length - extent * PagesPerExtent * pageSize - 1) / pageSize + 1;

    private int RunLength(long length, long extent) => (int)Math.Min(PagesPerExtent, PagesFrom(length, extent, PageSize));

    private int Add(FileId id, long extent, long length, long incarnation)
    {
        int slotId = SlotId(ShardOf(id).Add((ulong)(id.Value >> 64), (ulong)id.Value, extent), NumberOf(id));
        ref FileSlot slot = ref Slot(slotId);
        slot.Length = length;
        slot.Incarnation = incarnation;
        return slotId;
    }

    private int AddExtent(int headId, long extent)
    {
        FileSlot head = Slot(headId);
        int slotId = Add(head.Id, extent, head.Length, head.Incarnation);
        Slot(slotId).Share = head.Share;
        Slot(slotId).NextOfFile = head.NextOfFile;
        Slot(slotId).PreviousOfFile = headId;
        if (head.NextOfFile != None)
            Slot(head.NextOfFile).PreviousOfFile = slotId;
        Slot(headId).NextOfFile = slotId;
        return slotId;
    }

    private void Unlink(int slotId)
    {
        FileSlot slot = Slot(slotId);
        Slot(slot.PreviousOfFile).NextOfFile = slot.NextOfFile;
        if (slot.NextOfFile != None)
            Slot(slot.NextOfFile).PreviousOfFile = slot.PreviousOfFile;
        ShardOf(slotId).Remove(slotId >> ShardBits);
    }
}

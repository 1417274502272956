using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages.Index;

/// <summary>A page that its remover owns, Evicting.</summary>
internal readonly record struct LeavingPage(int Entry, FileId File, long Incarnation, long Page, int Length, ushort Share);

/// <summary>A file whose backing file its remover unlinks.</summary>
internal readonly record struct LeavingFile(int Head, FileId File, long Incarnation);

/// <summary>Pages and files on their way out together: journalled and flushed as one.</summary>
internal sealed class RemovalBatch
{
    public List<LeavingPage> Pages { get; } = [];

    public List<LeavingFile> Files { get; } = [];

    public bool IsEmpty => Pages.Count == 0 && Files.Count == 0;
}

/// <summary>
/// The remover's transitions: Present -> Evicting -> Absent. Marking journals the removal under the shard's lock; the caller
/// flushes the journal, gives the blocks back, and then completes. Any number of removers may run side by side.
/// </summary>
internal sealed class PageRemovals(PageIndex index, AppendLog journal)
{
    private const int None = -1;

    private readonly IndexTable _table = index.Table;
    private long _pages;

    /// <summary>Pages that stopped being Present.</summary>
    public long Removed => Interlocked.Read(ref _pages);

    /// <summary>Marks a victim that the policy gave out, and with it its file where that was handed to the kernel. False where it may not be punched now (lent) or has left by itself.</summary>
    public bool TryMarkVictim(int entry, RemovalBatch batch)
    {
        int slotId = Volatile.Read(ref _table.Entry(entry).Owner);
        if (slotId == None)
            return false;
        lock (_table.ShardOf(slotId).Gate)
        {
            // Only holders of this lock change the owner of entries of this shard: equal now means ours for as long as we hold it.
            ref PageEntry victim = ref _table.Entry(entry);
            if (victim.Owner != slotId || new PageWord(victim.Word) is not { State: PageState.Present, IsTracked: false })
                return false;
            FileSlot slot = _table.Slot(slotId);
            int head = _table.FindHead(slot.Id);
            if ((_table.Slot(head).Flags & FileFlags.Leased) != 0)
            {
                index.Tracked.Add(entry, slot.IdLow, _table.PageOf(slotId, entry));
                return false;
            }
            MarkPage(head, slotId, entry, batch);
            return true;
        }
    }

    /// <summary>Marks a page that turned out damaged, unless it is in another life already. A lent file goes as a whole.</summary>
    public bool TryMarkDamaged(FileId id, in PageLocation location, RemovalBatch batch)
    {
        lock (_table.ShardOf(id).Gate)
        {
            if (!index.IsUnchanged(location))
                return false;
            index.Tracked.Remove(location.Entry);
            MarkPage(_table.FindHead(id), _table.Entry(location.Entry).Owner, location.Entry, batch);
            return true;
        }
    }

    /// <summary>Marks a file and all its pages. Pages being filled find out when they are published.</summary>
    public bool TryMarkFile(FileId id, long incarnation, RemovalBatch batch) => TryMarkFile(id, (long?)incarnation, batch);

    /// <summary>The same whichever incarnation is there.</summary>
    public bool TryMarkFile(FileId id, RemovalBatch batch) => TryMarkFile(id, null, batch);

    private bool TryMarkFile(FileId id, long? incarnation, RemovalBatch batch)
    {
        lock (_table.ShardOf(id).Gate)
        {
            int head = _table.FindHead(id);
            if (head == None || (incarnation is { } wanted && _table.Slot(head).Incarnation != wanted) || (_table.Slot(head).Flags & FileFlags.Unlinking) != 0)
                return false;
            MarkWholeFile(head, batch);
            return true;
        }
    }

    /// <summary>The page's blocks are gone: Evicting -> Absent.</summary>
    public void Complete(in LeavingPage page)
    {
        lock (_table.ShardOf(page.File).Gate)
        {
            SetState(page.Entry, PageState.Absent);
            _table.Vacate(_table.Entry(page.Entry).Owner);
        }
    }

    /// <summary>The backing file is unlinked; after this the content may come again, as another incarnation.</summary>
    public void CompleteUnlink(int head, FileId file)
    {
        lock (_table.ShardOf(file).Gate)
        {
            _table.Slot(head).Flags |= FileFlags.Unlinked;
            _table.FreeHeadIfDone(head);
        }
    }

    /// <summary>Who has a lent file, or one that was handed to the kernel, must not see it punched: that leaves as a whole.</summary>
    private void MarkPage(int head, int slotId, int entry, RemovalBatch batch)
    {
        if ((_table.Slot(head).Flags & (FileFlags.Leased | FileFlags.Handed)) != 0)
        {
            MarkWholeFile(head, batch);
            return;
        }
        long page = Leave(slotId, entry, batch);
        ref FileSlot file = ref _table.Slot(head);
        if (--file.LivePages == 0)
            MarkUnlinking(head, batch);
        else
            Journal(JournalKind.PageRemoved, file, page);
    }

    private void MarkWholeFile(int head, RemovalBatch batch)
    {
        MarkUnlinking(head, batch);
        for (int slotId = head; slotId != None; slotId = _table.Slot(slotId).NextOfFile)
        {
            FileSlot slot = _table.Slot(slotId);
            for (int entry = index.FirstPresent(slot, slot.FirstEntry); entry != None; entry = index.FirstPresent(slot, entry + 1))
            {
                index.Tracked.Remove(entry);
                Leave(slotId, entry, batch);
                _table.Slot(head).LivePages--;
            }
        }
    }

    private long Leave(int slotId, int entry, RemovalBatch batch)
    {
        long page = _table.PageOf(slotId, entry);
        ref FileSlot slot = ref _table.Slot(slotId);
        SetState(entry, PageState.Evicting);
        Interlocked.Increment(ref _pages);
        batch.Pages.Add(new LeavingPage(entry, slot.Id, slot.Incarnation, page, _table.PageLength(slot.Length, page), slot.Share));
        return page;
    }

    private void MarkUnlinking(int head, RemovalBatch batch)
    {
        ref FileSlot file = ref _table.Slot(head);
        file.Flags |= FileFlags.Unlinking;
        Journal(JournalKind.FileRemoved, file, 0);
        batch.Files.Add(new LeavingFile(head, file.Id, file.Incarnation));
    }

    private void Journal(JournalKind kind, in FileSlot file, long page)
    {
        Span<byte> record = stackalloc byte[JournalRecord.Size];
        new JournalRecord(kind, file.Id, file.Incarnation, file.Length, page, 0).Write(record);
        journal.Append(record);
    }

    private void SetState(int entry, PageState state)
    {
        ref PageEntry page = ref _table.Entry(entry);
        Volatile.Write(ref page.Word, new PageWord(page.Word).To(state).Bits);
    }
}

using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages.Index;

/// <summary>A page that its writer owns, Filling.</summary>
internal readonly record struct PageFill(FileId File, long Length, long Page, int Entry, int Head, long Incarnation, bool IsNewFile, ushort Share);

/// <summary>The writer's transitions: Absent -> Filling -> Present, or back.</summary>
/// <param name="index">The index.</param>
/// <param name="firstIncarnation">Number below which no file of this process's life is.</param>
internal sealed class PageFills(PageIndex index, long firstIncarnation)
{
    private const int None = -1;

    private readonly IndexTable _table = index.Table;
    private long _lastIncarnation = firstIncarnation - 1;
    private long _pages;

    /// <summary>Pages that became Present.</summary>
    public long Published => Interlocked.Read(ref _pages);

    /// <summary>Takes an Absent page. False where it is there, owned by another, or its file is about to leave.</summary>
    /// <param name="file">The content.</param>
    /// <param name="page">Page index.</param>
    /// <param name="fill">What was taken.</param>
    /// <param name="share">Whose the file is where it is new; one that is there may say otherwise, see <see cref="PageShares"/>.</param>
    public bool TryBegin(FileRef file, long page, out PageFill fill, ushort share = 0)
    {
        fill = default;
        lock (_table.ShardOf(file.Id).Gate)
        {
            int head = _table.FindHead(file.Id);
            if (head != None && (_table.Slot(head).Flags & FileFlags.Unlinking) != 0)
                return false;
            int entry = head == None ? None : _table.FindEntry(file.Id, page);
            if (entry != None && new PageWord(_table.Entry(entry).Word).State != PageState.Absent)
                return false;
            if (head == None)
                head = _table.AddHead(file.Id, file.Length, Interlocked.Increment(ref _lastIncarnation), share);
            fill = Take(head, page);
            return true;
        }
    }

    /// <summary>Takes an Absent page of a file that is there, whoever it is for.</summary>
    public bool TryClaim(FileId file, long incarnation, long page, out PageFill fill)
    {
        fill = default;
        lock (_table.ShardOf(file).Gate)
        {
            int head = _table.FindHead(file);
            if (head == None || _table.Slot(head).Incarnation != incarnation || (_table.Slot(head).Flags & FileFlags.Unlinking) != 0)
                return false;
            int entry = _table.FindEntry(file, page);
            if (entry != None && new PageWord(_table.Entry(entry).Word).State != PageState.Absent)
                return false;
            fill = Take(head, page);
            return true;
        }
    }

    /// <summary>The backing file was made. From now on its absence is damage.</summary>
    public void MarkExisting(in PageFill fill)
    {
        lock (_table.ShardOf(fill.File).Gate)
            _table.Slot(fill.Head).Flags |= FileFlags.Exists;
    }

    /// <summary>
    /// Makes the page readable, and journals it in the same breath: under the shard's lock, so that the journal's order of one
    /// file's records is the order of what happened, and a snapshot's walk sees either neither or both. False where the file
    /// was dropped meanwhile; the caller then aborts.
    /// </summary>
    public bool TryPublish(in PageFill fill, uint checksum, AppendLog journal)
    {
        lock (_table.ShardOf(fill.File).Gate)
        {
            if ((_table.Slot(fill.Head).Flags & FileFlags.Unlinking) != 0)
                return false;
            Span<byte> record = stackalloc byte[JournalRecord.Size];
            new JournalRecord(JournalKind.PageAdded, fill.File, fill.Incarnation, fill.Length, fill.Page, checksum).Write(record);
            journal.Append(record);
            ref PageEntry entry = ref _table.Entry(fill.Entry);
            entry.Checksum = checksum;
            Volatile.Write(ref entry.Word, new PageWord(entry.Word).To(PageState.Present).Bits | PageWord.VerifiedBit);
            index.Tracked.Add(fill.Entry, (ulong)fill.File.Value, fill.Page);
            Interlocked.Increment(ref _pages);
            return true;
        }
    }

    /// <summary>Whether the file is on its way out: the page cannot be published any more.</summary>
    public bool IsDropped(in PageFill fill)
    {
        lock (_table.ShardOf(fill.File).Gate)
            return (_table.Slot(fill.Head).Flags & FileFlags.Unlinking) != 0;
    }

    /// <summary>
    /// Gives the page up. True where the backing file may exist and nothing is in it: the caller unlinks it and says so to
    /// <see cref="PageRemovals.CompleteUnlink"/>.
    /// </summary>
    public bool Abort(in PageFill fill, bool touchedDisk)
    {
        lock (_table.ShardOf(fill.File).Gate)
        {
            SetState(fill.Entry, PageState.Absent);
            ref FileSlot head = ref _table.Slot(fill.Head);
            head.LivePages--;
            bool mustUnlink = head.LivePages == 0 && (head.Flags & FileFlags.Unlinking) == 0 && (touchedDisk || (head.Flags & FileFlags.Exists) != 0);
            if (mustUnlink)
                head.Flags |= FileFlags.Unlinking;
            _table.Vacate(_table.Entry(fill.Entry).Owner);
            return mustUnlink;
        }
    }

    private PageFill Take(int head, long page)
    {
        int entry = _table.Occupy(head, page);
        SetState(entry, PageState.Filling);
        ref FileSlot slot = ref _table.Slot(head);
        slot.LivePages++;
        return new PageFill(slot.Id, slot.Length, page, entry, head, slot.Incarnation, (slot.Flags & FileFlags.Exists) == 0, slot.Share);
    }

    private void SetState(int entry, PageState state)
    {
        ref PageEntry page = ref _table.Entry(entry);
        Volatile.Write(ref page.Word, new PageWord(page.Word).To(state).Bits);
    }
}

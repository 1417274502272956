using System.Text;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Index;

/// <summary>
/// Says of recovered files whose they are. The journal knows contents by their hash; the name log, read once after a start, knows their under storage, and so does whoever
/// fills a page of them before that. The first to come counts the file's pages for that under storage; what is counted once stays so for the file's life.
/// </summary>
internal sealed class PageShares(PageIndex index, StorageSpaces spaces, SpaceLedger ledger)
{
    private const int None = -1;

    private readonly IndexTable _table = index.Table;
    private byte[] _lastIdentity = [];
    private StorageSpace _lastSpace = spaces.Unnamed;

    /// <summary>A name was read. One caller at a time.</summary>
    /// <param name="file">The file.</param>
    /// <param name="incarnation">Of which life of it.</param>
    /// <param name="identity">The under storage, in UTF-8: thousands in a row are of the same.</param>
    public void Attribute(FileId file, long incarnation, ReadOnlySpan<byte> identity)
    {
        if (!identity.SequenceEqual(_lastIdentity))
        {
            _lastIdentity = identity.ToArray();
            _lastSpace = spaces.Of(new UfsIdentity(Encoding.UTF8.GetString(identity)));
        }
        Attribute(file, incarnation, _lastSpace);
    }

    /// <summary>The same with the space.</summary>
    public void Attribute(FileId file, long incarnation, StorageSpace space)
    {
        long bytes;
        lock (_table.ShardOf(file).Gate)
        {
            int head = _table.FindHead(file);
            if (head == None || _table.Slot(head).Incarnation != incarnation || _table.Slot(head).Share != spaces.Unnamed.Number)
                return;
            bytes = Move(head, space.Number);
        }
        spaces.Unnamed.Ledger.Release(bytes);
        space.Ledger.Add(bytes);
    }

    /// <summary>All names were read: what is above its quota leaves.</summary>
    public void EvictAboveQuotas() => spaces.WakeIfFull();

    /// <summary>
    /// Under the shard's lock. Gives the bytes of the pages that are Present: one that is Evicting goes out as what it was, and one that is Filling has not reserved
    /// its room yet, or is the sweep's, which reserves none.
    /// </summary>
    private long Move(int head, ushort share)
    {
        long bytes = 0;
        List<int> tracked = [];
        for (int slotId = head; slotId != None; slotId = _table.Slot(slotId).NextOfFile)
        {
            FileSlot slot = _table.Slot(slotId);
            for (int entry = index.FirstPresent(slot, slot.FirstEntry); entry != None; entry = index.FirstPresent(slot, entry + 1))
            {
                bytes += ledger.Allocated(_table.PageLength(slot.Length, _table.PageOf(slotId, entry)));
                if (index.Tracked.Remove(entry))
                    tracked.Add(entry);
            }
        }
        for (int slotId = head; slotId != None; slotId = _table.Slot(slotId).NextOfFile)
            _table.Slot(slotId).Share = share;
        foreach (int entry in tracked)
        {
            int slotId = _table.Entry(entry).Owner;
            index.Tracked.Add(entry, _table.Slot(slotId).IdLow, _table.PageOf(slotId, entry));
        }
        return bytes;
    }
}

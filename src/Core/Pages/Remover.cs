using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages;

/// <summary>
/// Gives blocks back: the one way out for pages, whether evicted, freed or damaged.
/// </summary>
internal sealed class Remover(PageRemovals removals, AppendLog journal, IBackingFiles files, BackingFileCache cache, SpaceLedger ledger, StorageSpaces spaces, long pageSize)
{
    /// <summary>
    /// Removes what a batch holds; its pages are Evicting and its removals appended to the journal.
    /// 1. The removals are written, for the whole batch at once. 2. Files are unlinked, pages of other files punched.
    /// 3. Pages become Absent, from when on they may be filled again. A crash after 1 leaves blocks that nobody knows (the
    /// sweep finds them), never a page that is believed and gone.
    /// </summary>
    public async Task RemoveAsync(RemovalBatch batch)
    {
        if (batch.IsEmpty)
            return;
        await journal.FlushAsync().ConfigureAwait(false);
        if (files.NeverWaits)
            Remove(batch);
        else
            await Task.Run(() => Remove(batch)).ConfigureAwait(false);
    }

    /// <summary>Unlinks a file that no page is in, after a fill that came to nothing.</summary>
    public void Unlink(in LeavingFile file)
    {
        files.Unlink(file.File, file.Incarnation);
        cache.Forget(file.Incarnation);
        removals.CompleteUnlink(file.Head, file.File);
    }

    private void Remove(RemovalBatch batch)
    {
        var unlinked = new Dictionary<long, long>(batch.Files.Count);
        foreach (LeavingFile file in batch.Files)
        {
            files.Unlink(file.File, file.Incarnation);
            unlinked[file.Incarnation] = 0;
        }
        foreach (LeavingPage page in batch.Pages)
        {
            long bytes = ledger.Allocated(page.Length);
            if (unlinked.TryGetValue(page.Incarnation, out long sum))
                unlinked[page.Incarnation] = sum + bytes;
            else
                Punch(page, bytes);
            spaces.At(page.Share).Ledger.Release(bytes);
        }
        foreach ((long incarnation, long bytes) in unlinked)
            cache.Forget(incarnation, bytes);
        foreach (LeavingPage page in batch.Pages)
            removals.Complete(page);
        foreach (LeavingFile file in batch.Files)
            removals.CompleteUnlink(file.Head, file.File);
    }

    /// <summary>A file that cannot be opened or punched is as good as gone: its pages fail their next check.</summary>
    private void Punch(in LeavingPage page, long bytes)
    {
        BackingFile? file = cache.Rent(page.File, page.Incarnation, BackingOpen.Existing, out _);
        if (file is not null)
        {
            files.Punch(file.Descriptor, page.Page * pageSize, bytes);
            file.Release();
        }
        ledger.Release(bytes);
    }
}

using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;

namespace Orleans.Cache.Pages;

/// <summary>
/// Finds, once after a start, what a crash left: files whose name was lost (no free would find them), backing files that the
/// index does not know, and pages that were written but not journalled. Runs slowly beside the service.
/// </summary>
internal sealed class OrphanSweep(
    string pagesDirectory, PageIndex index, PageFills fills, PageShares shares, PageRemovals removals, Remover remover, NameLog names, Compactor compactor,
    IBackingFiles files, long firstIncarnation, TimeProvider time)
{
    /// <summary>Backing files looked at between pauses: some milliseconds of work to twenty of rest.</summary>
    private const int FilesPerPause = 1000;

    /// <summary>A node's first requests go first.</summary>
    private static readonly TimeSpan StartDelay = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(StartDelay, time, cancellationToken).ConfigureAwait(false);
        await DropUnnamedAsync(cancellationToken).ConfigureAwait(false);
        int looked = 0;
        foreach (string directory in Directory.EnumerateDirectories(pagesDirectory))
        {
            foreach (string path in Directory.EnumerateFiles(directory))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (LinuxBackingFiles.TryParse(Path.GetFileName(path.AsSpan()), out FileId file, out long incarnation))
                    Look(file, incarnation);
                if (++looked % FilesPerPause == 0)
                    await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task DropUnnamedAsync(CancellationToken cancellationToken)
    {
        await compactor.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            names.MarkNamed(shares);
        }
        finally
        {
            compactor.Turn.Release();
        }
        shares.EvictAboveQuotas();
        foreach (IndexShard shard in index.Table.Shards)
        {
            var batch = new RemovalBatch();
            foreach ((FileId file, long incarnation) in Unnamed(shard))
                removals.TryMarkFile(file, incarnation, batch);
            await remover.RemoveAsync(batch).ConfigureAwait(false);
        }
    }

    private List<(FileId File, long Incarnation)> Unnamed(IndexShard shard)
    {
        var found = new List<(FileId, long)>();
        lock (shard.Gate)
        {
            for (int i = 0; i < shard.SlotCount; i++)
            {
                ref FileSlot slot = ref shard[i];
                if (slot.Extent == 0 && slot.Incarnation < firstIncarnation && (slot.Flags & FileFlags.Named) == 0)
                    found.Add((slot.Id, slot.Incarnation));
            }
        }
        return found;
    }

    private void Look(FileId file, long incarnation)
    {
        if (incarnation >= firstIncarnation)
            return;
        if (!index.IsLive(file, incarnation))
            files.Unlink(file, incarnation);
        else if (index.TryGetLength(file, out long length) && length > index.Table.PageSize)
            PunchUnknown(file, incarnation, length);
    }

    /// <summary>
    /// Punches the blocks of pages that are Absent in a file of several pages: written by a process that died before it
    /// journalled them. Each is claimed as by a writer, so that no real one can fill it meanwhile.
    /// </summary>
    private void PunchUnknown(FileId file, long incarnation, long length)
    {
        int descriptor = files.Open(file, incarnation, BackingOpen.Existing);
        if (descriptor < 0)
            return;
        try
        {
            long pageSize = index.Table.PageSize;
            for (long at = 0; (at = LinuxFiles.FindData(descriptor, at)) >= 0 && at < length;)
            {
                long end = Math.Min(LinuxFiles.FindHole(descriptor, at), length);
                for (long page = at / pageSize; page * pageSize < end; page++)
                {
                    if (!fills.TryClaim(file, incarnation, page, out PageFill claim))
                        continue;
                    files.Punch(descriptor, page * pageSize, pageSize);
                    if (fills.Abort(claim, touchedDisk: true))
                        remover.Unlink(new LeavingFile(claim.Head, file, incarnation));
                }
                at = Math.Max(end, at + 1);
            }
        }
        finally
        {
            files.Close(descriptor);
        }
    }
}

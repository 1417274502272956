using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Filling;

/// <summary>
/// The first read of a file that nothing is known of, in one request instead of two: its status is asked for with its first page, and the page's fill begins with that very answer.
/// Invariants:
/// - the page is asked for only where it is not cached, as far as that can be told without the version, and where this node would read it from the under storage itself;
/// - an answer is at once a fill's, or closed: it is never kept for a reader who may come. It holds one of the requests that the store may have under way, and these never wait for
///   memory: all 256 of them held by answers that wait for buffers, and all buffers by fills that wait for a request, would be the end of both. So a fill that begins here has its
///   memory at once or does not begin, and then the reader's own fill waits in the usual order, memory before request;
/// - the page's bytes are those of the status's version whatever becomes of the status: what was invalidated meanwhile is not believed, and its page unused;
/// - what is asked for before a free does not stay after it. A free is noted, then marks the fills under way, then drops what is in the store; whoever began a fill looks for it
///   then. So either the free finds the fill or its page, or the fill finds the free.
/// </summary>
/// <remarks>
/// One page, because a fill keeps whole pages: less could not be kept, and more, before anybody knows the length or what is read of it, might be in vain. Small files are a page.
/// </remarks>
internal sealed class FirstPages(PageFiller filler, IFillSource source, IPageStore store, int pageSize)
{
    private readonly RecentFrees _frees = new();

    /// <summary>Frees so far, to be taken before a page is asked for.</summary>
    public long Frees => _frees.Count;

    /// <summary>A free begins.</summary>
    public void CountFree(UfsIdentity identity, string key, bool recursive) => _frees.Add(identity, key, recursive);

    /// <summary>Whether to ask for the page with the status: not where it is there, or could not be kept a moment ago.</summary>
    /// <param name="identity">The under storage.</param>
    /// <param name="key">The key.</param>
    /// <param name="last">The version that was believed last; null: none is remembered.</param>
    public bool AreWorthAsking(UfsIdentity identity, string key, FileRef? last)
    {
        bool isVain = last is not null && last.Identity == identity && last.Key == key
            ? last.Length == 0 || store.Contains(last, 0) || filler.CouldNotKeep(last)
            : store.MayHold(identity, key);
        return !isVain && filler.HasPageToSpare && source.ReadsUnderStorage(identity, key);
    }

    /// <summary>Asks. An answer that comes when the patience has ended is closed.</summary>
    public async Task<FirstBytes?> OpenAsync(IUnderStorage storage, string key, CancellationToken patience)
    {
        ValueTask<FirstBytes?> answer = storage.OpenFirstAsync(key, pageSize, patience);
        if (answer.IsCompleted)
            return await answer.ConfigureAwait(false);
        Task<FirstBytes?> opening = answer.AsTask();
        try
        {
            return await opening.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = CloseLateAsync(opening);
            throw;
        }
    }

    /// <summary>Begins the fill of the page, or closes what is open. Waits for no fill.</summary>
    /// <param name="status">The file's.</param>
    /// <param name="page">Owned from now on.</param>
    /// <param name="frees">What <see cref="Frees"/> was before.</param>
    public async ValueTask BeginAsync(FileStatus status, IUfsReader page, long frees)
    {
        bool isTaken = false;
        FileRef file;
        try
        {
            file = status.RequireFile();
            isTaken = filler.TryBegin(file, page);
        }
        finally
        {
            if (!isTaken)
                await page.DisposeAsync().ConfigureAwait(false);
        }
        if (isTaken && _frees.Cover(file, frees))
        {
            // As the free would, had it found it. Those who wait for the page get it.
            filler.Abandon(file);
            await store.DropAsync(file).ConfigureAwait(false);
        }
    }

    private static async Task CloseLateAsync(Task<FirstBytes?> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully && (await opening.ConfigureAwait(false))?.Reader is { } late)
            await late.DisposeAsync().ConfigureAwait(false);
    }
}

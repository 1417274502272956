using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Writing;

/// <summary>
/// Deletes what a key names, depth first. Each entry is first deleted as if it held nothing: so a link to a directory goes as
/// a link and what it leads to is never entered, and whether an entry holds others is the under storage's word of this moment,
/// not the cache's.
/// </summary>
internal static class TreeDeletion
{
    /// <returns>Whether it went in one step, having held nothing.</returns>
    /// <exception cref="CacheException">NotFound, NotEmpty: not recursive, or something was added meanwhile.</exception>
    public static async Task<bool> DeleteAsync(IUnderStorage storage, string key, bool recursive, int atOnce, CancellationToken cancellationToken)
    {
        try
        {
            await storage.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (CacheException e) when (recursive && e.Error == CacheError.NotEmpty)
        {
            await DeleteEntriesAsync(storage, key, atOnce, cancellationToken).ConfigureAwait(false);
        }
        try
        {
            await storage.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound && !storage.Capabilities.RealDirectories)
        {
            // A directory that is only the common prefix of its entries went with the last of them.
        }
        return false;
    }

    /// <summary>The last entry waits for all others.</summary>
    private static async Task DeleteEntriesAsync(IUnderStorage storage, string key, int atOnce, CancellationToken cancellationToken)
    {
        string? last = null;
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(AllButLastAsync(), options, (entry, token) => DeleteEntryAsync(storage, entry, atOnce, token)).ConfigureAwait(false);
        if (last is not null)
            await DeleteEntryAsync(storage, last, atOnce, cancellationToken).ConfigureAwait(false);

        async IAsyncEnumerable<string> AllButLastAsync()
        {
            await foreach (UfsStatus entry in storage.ListAsync(key, startAfter: null, cancellationToken).ConfigureAwait(false))
            {
                if (last is not null)
                    yield return last;
                last = entry.Key;
            }
        }
    }

    private static async ValueTask DeleteEntryAsync(IUnderStorage storage, string key, int atOnce, CancellationToken cancellationToken)
    {
        try
        {
            await DeleteAsync(storage, key, recursive: true, atOnce, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound)
        {
            // Somebody else deletes here too.
        }
    }
}

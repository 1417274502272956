using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Loading;

/// <summary>
/// All files of a tree, depth first; one open listing per level. Unlike a recursive listing it goes on beside a directory that
/// cannot be listed.
/// </summary>
internal static class TreeWalk
{
    /// <param name="files">Where the tree is.</param>
    /// <param name="root">A file, which is then the only one, or a directory.</param>
    /// <param name="visit">Called for each file, one at a time.</param>
    /// <param name="refused">Told of each directory below the root that cannot be listed to its end.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="CacheException">The root is not there or cannot be listed.</exception>
    public static async Task VisitAsync(
        CacheFileSystem files, CachePath root, Func<FileStatus, Task> visit, Action<CacheException> refused, CancellationToken cancellationToken)
    {
        FileStatus top = await files.GetStatusAsync(root, cancellationToken).ConfigureAwait(false);
        if (!top.IsDirectory)
        {
            await visit(top).ConfigureAwait(false);
            return;
        }
        var levels = new Stack<IAsyncEnumerator<FileStatus>>();
        levels.Push(Open(files, root, cancellationToken));
        try
        {
            while (levels.TryPeek(out IAsyncEnumerator<FileStatus>? level))
            {
                if (!await AdvanceAsync(level, levels.Count == 1 ? null : refused).ConfigureAwait(false))
                    await levels.Pop().DisposeAsync().ConfigureAwait(false);
                else if (level.Current.IsDirectory)
                    levels.Push(Open(files, level.Current.Path, cancellationToken));
                else
                    await visit(level.Current).ConfigureAwait(false);
            }
        }
        finally
        {
            while (levels.TryPop(out IAsyncEnumerator<FileStatus>? level))
                await level.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static IAsyncEnumerator<FileStatus> Open(CacheFileSystem files, CachePath directory, CancellationToken cancellationToken) =>
        files.ListAsync(directory, recursive: false, null, cancellationToken).GetAsyncEnumerator(cancellationToken);

    private static async ValueTask<bool> AdvanceAsync(IAsyncEnumerator<FileStatus> level, Action<CacheException>? refused)
    {
        try
        {
            return await level.MoveNextAsync().ConfigureAwait(false);
        }
        catch (CacheException e) when (refused is not null)
        {
            refused(e);
            return false;
        }
    }
}

using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;

namespace Orleans.Cache.Files;

/// <summary>
/// Walks a tree depth first, names in ordinal order, each directory before what it holds. Memory: one open listing per
/// level. A walk continues after any entry: on the way down, the components of that entry's path say where each level starts.
/// </summary>
internal static class RecursiveListing
{
    public static async IAsyncEnumerable<FileStatus> WalkAsync(
        Func<CachePath, ICacheNode> ownerOf, CachePath root, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var levels = new Stack<IAsyncEnumerator<FileStatus>>();
        try
        {
            await foreach (FileStatus entry in ResumeAsync(ownerOf, root, startAfter, levels, cancellationToken).ConfigureAwait(false))
            {
                yield return entry;
                if (entry.IsDirectory)
                    levels.Push(Open(ownerOf, entry.Path, null, cancellationToken));
            }
        }
        finally
        {
            while (levels.TryPop(out IAsyncEnumerator<FileStatus>? level))
                await level.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Opens a level per component of the last entry seen, then gives entries of the deepest level until all are spent.</summary>
    private static async IAsyncEnumerable<FileStatus> ResumeAsync(
        Func<CachePath, ICacheNode> ownerOf, CachePath root, string? startAfter, Stack<IAsyncEnumerator<FileStatus>> levels,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CachePath directory = root;
        foreach (string name in startAfter?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            levels.Push(Open(ownerOf, directory, name, cancellationToken));
            directory = directory.Combine(name);
        }
        if (levels.Count == 0 || await IsDirectoryAsync(ownerOf, directory, cancellationToken).ConfigureAwait(false))
            levels.Push(Open(ownerOf, directory, null, cancellationToken));

        while (levels.TryPeek(out IAsyncEnumerator<FileStatus>? level))
        {
            if (await AdvanceAsync(level, isRoot: levels.Count == 1).ConfigureAwait(false))
                yield return level.Current;
            else
                await levels.Pop().DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<bool> IsDirectoryAsync(Func<CachePath, ICacheNode> ownerOf, CachePath path, CancellationToken cancellationToken) =>
        (await ownerOf(path).GetStatusAsync(path, cancellationToken).ConfigureAwait(false)).Status is { IsDirectory: true };

    private static IAsyncEnumerator<FileStatus> Open(
        Func<CachePath, ICacheNode> ownerOf, CachePath directory, string? startAfter, CancellationToken cancellationToken) =>
        ownerOf(directory).ListAsync(directory, startAfter, cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <summary>A directory that vanished between being listed and being entered is skipped; a missing root is the caller's error.</summary>
    private static async ValueTask<bool> AdvanceAsync(IAsyncEnumerator<FileStatus> level, bool isRoot)
    {
        try
        {
            return await level.MoveNextAsync().ConfigureAwait(false);
        }
        catch (CacheException e) when (!isRoot && e.Error is CacheError.NotFound or CacheError.NotADirectory or CacheError.AccessDenied)
        {
            return false;
        }
    }
}

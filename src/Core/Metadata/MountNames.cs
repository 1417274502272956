using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Metadata;

/// <summary>Mounts as entries of the directories above them.</summary>
internal static class MountNames
{
    /// <summary>A directory that no mount holds: only mounts are in it.</summary>
    public static async IAsyncEnumerable<FileStatus> ListAsync(CachePath directory, IReadOnlyList<string> names, string? startAfter)
    {
        if (names.Count == 0)
            throw CacheException.NotFound(directory.Value);
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (string name in names)
        {
            if (startAfter is null || string.CompareOrdinal(name, startAfter) > 0)
                yield return EntryOf(directory, name);
        }
    }

    /// <summary>Merges two ordered sequences; a mount hides an entry of its name.</summary>
    public static async IAsyncEnumerable<FileStatus> MergeAsync(
        CachePath directory, IReadOnlyList<string> names, string? startAfter, IAsyncEnumerable<FileStatus> entries,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = new Queue<string>(names.Where(n => startAfter is null || string.CompareOrdinal(n, startAfter) > 0));
        await foreach (FileStatus entry in TolerateMissingAsync(entries, cancellationToken).ConfigureAwait(false))
        {
            int order = 1;
            while (waiting.TryPeek(out string? name) && (order = string.CompareOrdinal(name, entry.Path.Name)) <= 0)
            {
                yield return EntryOf(directory, waiting.Dequeue());
                if (order == 0)
                    break;
            }
            if (order != 0)
                yield return entry;
        }
        while (waiting.TryDequeue(out string? name))
            yield return EntryOf(directory, name);
    }

    /// <summary>A directory above a mount exists even where the under storage has none.</summary>
    private static async IAsyncEnumerable<FileStatus> TolerateMissingAsync(
        IAsyncEnumerable<FileStatus> entries, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using ConfiguredCancelableAsyncEnumerable<FileStatus>.Enumerator source =
            entries.WithCancellation(cancellationToken).ConfigureAwait(false).GetAsyncEnumerator();
        while (true)
        {
            try
            {
                if (!await source.MoveNextAsync())
                    yield break;
            }
            catch (CacheException e) when (e.Error == CacheError.NotFound)
            {
                yield break;
            }
            yield return source.Current;
        }
    }

    private static FileStatus EntryOf(CachePath directory, string name) => new(directory.Combine(name), DateTimeOffset.UnixEpoch, null);
}

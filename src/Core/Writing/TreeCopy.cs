using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Writing;

/// <summary>What a copy wrote.</summary>
/// <param name="Files">Files written.</param>
/// <param name="Directories">Directories made, or found there.</param>
/// <param name="Bytes">Bytes of the files.</param>
public readonly record struct CopiedFiles(long Files, long Directories, long Bytes);

/// <summary>
/// Copies a file or a tree: reads through the cache, writes through it. Each file appears at its target whole or not at all; a
/// tree that fails half-way leaves what was copied.
/// </summary>
internal sealed class TreeCopy(CacheFileSystem files)
{
    /// <summary>A source that changes while it is copied is opened once more, as readers do that have sent nothing yet.</summary>
    private const int Attempts = 2;

    public async Task<CopiedFiles> CopyAsync(CachePath from, CachePath to, bool recursive, CancellationToken cancellationToken)
    {
        if (to.IsWithin(from))
            throw new CacheException(CacheError.InvalidArgument, $"'{from}' cannot be copied onto or into itself ('{to}').");
        FileStatus source = await files.GetStatusAsync(from, cancellationToken).ConfigureAwait(false);
        if (!source.IsDirectory)
            return new CopiedFiles(1, 0, await CopyFileAsync(from, to, cancellationToken).ConfigureAwait(false));
        if (!recursive)
            throw new CacheException(CacheError.IsDirectory, $"'{from}' is a directory; copy it with recursive=true.");

        await files.CreateDirectoryAsync(to, cancellationToken).ConfigureAwait(false);
        var copied = new CopiedFiles(0, 1, 0);
        await foreach (FileStatus entry in files.ListAsync(from, recursive: true, startAfter: null, cancellationToken).ConfigureAwait(false))
        {
            CachePath target = to.Combine(entry.Path.RelativeTo(from));
            if (entry.IsDirectory)
            {
                await files.CreateDirectoryAsync(target, cancellationToken).ConfigureAwait(false);
                copied = copied with { Directories = copied.Directories + 1 };
                continue;
            }
            long bytes = await CopyFileAsync(entry.Path, target, cancellationToken).ConfigureAwait(false);
            copied = copied with { Files = copied.Files + 1, Bytes = copied.Bytes + bytes };
        }
        return copied;
    }

    private async Task<long> CopyFileAsync(CachePath from, CachePath to, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            CacheFile source = await files.OpenAsync(from, cancellationToken).ConfigureAwait(false);
            using var content = new CacheFileStream(source);
            try
            {
                await files.CreateAsync(to, content, WriteCondition.None, cancellationToken).ConfigureAwait(false);
                return source.Status.Length;
            }
            catch (CacheException e) when (e.Error == CacheError.Changed && attempt < Attempts)
            {
            }
        }
    }
}

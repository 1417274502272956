using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Metadata;

/// <summary>One directory of one mount, listed from its under storage.</summary>
internal sealed record ListingSource(CachePath Directory, MountTable Table, MountedKey Mounted, Func<CachePath, Mount, UfsStatus, FileStatus> StatusOf)
{
    public Freshness Freshness => Mounted.Mount.Freshness;

    /// <summary>Entries straight from the under storage. A name that the namespace cannot hold is left out.</summary>
    public async IAsyncEnumerable<FileStatus> ReadAsync(string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (UfsStatus entry in Mounted.Mount.Storage.ListAsync(Mounted.Key, startAfter, cancellationToken).ConfigureAwait(false))
        {
            string path = Directory.IsRoot ? '/' + entry.Name : Directory.Value + '/' + entry.Name;
            if (CachePath.TryParse(path, out CachePath child, out _))
                yield return StatusOf(child, Mounted.Mount, entry);
        }
    }
}

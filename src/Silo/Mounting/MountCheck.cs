using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>
/// Asks each mount's store once, all at the same time, before the node serves: whoever mistyped a bucket or a key shall hear of it now and not from
/// the first reader. A mount with <c>no-check</c> is not asked: such a node starts while its store is away, and serves what it has.
/// </summary>
internal static class MountCheck
{
    /// <summary>One line for each mount that cannot be used.</summary>
    public static async Task<IEnumerable<string>> RunAsync(IReadOnlyList<MountOptions> options, MountTable mounts, CancellationToken cancellationToken)
    {
        string?[] problems = await Task.WhenAll(options.Where(o => o.IsChecked).Select(o => ComplaintAsync(mounts.At(o.Path)!, cancellationToken))).ConfigureAwait(false);
        return problems.OfType<string>();
    }

    private static async Task<string?> ComplaintAsync(Mount mount, CancellationToken cancellationToken)
    {
        try
        {
            await mount.Storage.CheckAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (CacheException e)
        {
            return $"--mount {mount.Path}: {e.Message}";
        }
    }
}

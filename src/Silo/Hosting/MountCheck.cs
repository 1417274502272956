using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>
/// Asks each mount's store once, all at the same time, before the node serves: whoever mistyped a bucket or a key shall hear of it now and not from
/// the first reader. A mount with <c>no-check</c> is not asked: such a node starts while its store is away, and serves what it has.
/// </summary>
internal static class MountCheck
{
    /// <exception cref="ConfigurationRefusedException">One line for each mount that cannot be used.</exception>
    public static async Task RunAsync(IReadOnlyList<MountOptions> options, MountTable mounts, CancellationToken cancellationToken)
    {
        string?[] problems = await Task.WhenAll(mounts.Mounts.Select(mount =>
            options.First(o => o.Path == mount.Path).Connector.ContainsKey("no-check") ? Task.FromResult<string?>(null) : CheckAsync(mount, cancellationToken)))
            .ConfigureAwait(false);
        if (problems.OfType<string>().ToArray() is { Length: > 0 } refused)
            throw new ConfigurationRefusedException(refused);
    }

    private static async Task<string?> CheckAsync(Mount mount, CancellationToken cancellationToken)
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

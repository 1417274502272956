using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Grains.Messages;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Files;

/// <summary>Asks files' grains.</summary>
internal sealed class FileOwners(Func<MountTable> mounts, SiloRings rings, IGrainFactory grains) : IFileOwners
{
    public ValueTask<StatusAnswer?> AskOwnerAsync(string node, CachePath path, CancellationToken cancellationToken) =>
        KeyOf(path) is { } key && rings.Current.Ring.Owner(key)?.Name == node ? AskAsync(GrainOf(key, path), cancellationToken) : new(null as StatusAnswer?);

    public async ValueTask ChangedAsync(CachePath path, bool recursive)
    {
        if (KeyOf(path) is not { } key)
            return;
        try
        {
            await GrainOf(key, path).ChangedAsync(recursive).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OrleansException or InvalidOperationException)
        {
            // The silo is stopping. All nodes that could be reached know it already.
        }
    }

    private RingKey? KeyOf(CachePath path) => mounts().TryResolve(path, out MountedKey at) ? RingKey.OfFile(at.Mount.Storage.Identity, at.Key) : null;

    private IFileGrain GrainOf(RingKey key, CachePath path) => grains.GetGrain<IFileGrain>(GrainKey.OfFile(key, path));

    private static async ValueTask<StatusAnswer?> AskAsync(IFileGrain grain, CancellationToken cancellationToken) =>
        (await GrainAnswers.WithinAsync(grain.GetStatusAsync(), cancellationToken).ConfigureAwait(false)).ToAnswer();
}

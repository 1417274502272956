using Orleans.Cache.Files;
using Orleans.Cache.Filling;
using Orleans.Cache.Grains.Messages;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Pages;

/// <summary>Has fills begun by pages' grains, where this node owns the page. A guest's fills are its own business: its grain lives elsewhere.</summary>
internal sealed class PageFills(string node, SiloRings rings, IGrainFactory grains) : IFillGate
{
    public ValueTask<bool> BeginAsync(FileRef file, long page, long expected, CancellationToken cancellationToken)
    {
        RingKey stripe = RingKey.Of(file.Identity, file.Key, page * file.PageSize / CacheFile.StripeBytes);
        return rings.Current.Ring.Owner(stripe)?.Name == node
            ? AskAsync(grains.GetGrain<IPageGrain>(GrainKey.OfPage(stripe, file.Id, page)), file, page, expected, cancellationToken)
            : new(false);
    }

    private async ValueTask<bool> AskAsync(IPageGrain grain, FileRef file, long page, long expected, CancellationToken cancellationToken)
    {
        try
        {
            return await GrainAnswers.WithinAsync(grain.BeginFillAsync(node, file, page, expected), cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            // The silo is stopping, or out of breath: its node is not.
            return false;
        }
    }
}

using System.Runtime.CompilerServices;

namespace Orleans.Cache.Grains.Tests;

/// <summary>A membership whose news one silo hears late, as over a slow network.</summary>
internal sealed class LateMembership(IClusterMembershipService now) : IClusterMembershipService
{
    private volatile ClusterMembershipSnapshot? _held;
    private volatile TaskCompletionSource _released = Done();

    public ClusterMembershipSnapshot CurrentSnapshot => _held ?? now.CurrentSnapshot;

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => FollowAsync();

    public void Hold()
    {
        _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = now.CurrentSnapshot;
    }

    public void Release()
    {
        _held = null;
        _released.SetResult();
    }

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => now.Refresh(minimumVersion, cancellationToken);

    public Task<bool> TryKill(SiloAddress siloAddress) => now.TryKill(siloAddress);

    private async IAsyncEnumerable<ClusterMembershipSnapshot> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (ClusterMembershipSnapshot snapshot in now.MembershipUpdates.WithCancellation(cancellationToken))
        {
            await _released.Task.WaitAsync(cancellationToken);
            yield return snapshot;
        }
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}

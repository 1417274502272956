using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Membership;

/// <summary>A cluster whose members stand in the configuration, the same on all nodes.</summary>
/// <param name="members">All nodes, this one included.</param>
public sealed class ListedMembers(IReadOnlyList<RingMember> members) : IMemberSource
{
    public IReadOnlyList<RingMember> Given => members;

    public async IAsyncEnumerable<IReadOnlyList<RingMember>> FollowAsync(
        IKnownMembers known, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return members;
    }
}

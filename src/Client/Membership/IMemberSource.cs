using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Membership;

/// <summary>Says who belongs to a cluster: a list, DNS, the silos of a grid. Whether a member answers is not its business.</summary>
public interface IMemberSource
{
    /// <summary>Those that are known without asking anybody: the ring before the first answer.</summary>
    IReadOnlyList<RingMember> Given => [];

    /// <summary>
    /// Gives the members as they are now, and again each time they may be others; each list replaces the one before. The first
    /// comes as soon as somebody knows it: a node's start waits for it.
    /// </summary>
    /// <param name="known">What the cluster knows of its nodes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<IReadOnlyList<RingMember>> FollowAsync(IKnownMembers known, CancellationToken cancellationToken);
}

/// <summary>What a cluster knows of its nodes.</summary>
public interface IKnownMembers
{
    /// <summary>Its members now.</summary>
    IReadOnlyList<RingMember> Members { get; }

    /// <summary>Whether a member answers, as far as is known without asking it.</summary>
    bool IsUp(string name);

    /// <summary>What the node at an address calls itself; null where none answers.</summary>
    Task<string?> AskNameAsync(Uri address);
}

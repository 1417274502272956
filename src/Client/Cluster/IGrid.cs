using System.Net;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Client.Cluster;

/// <summary>
/// A cluster engine beside the node: its silos are the members, and files and pages have one place each in it. Until it is joined, and again when it is
/// left, there are no such places: then the node does without.
/// </summary>
public interface IGrid : IMemberSource, IFileOwners, IFillGate, IAsyncDisposable
{
    /// <summary>For people: which cluster, and by which address.</summary>
    string Description { get; }

    /// <summary>What this silo did; null while it is not joined.</summary>
    GridFigures? Figures { get; }

    /// <summary>Completes, with the reason, where the cluster has given this silo up: the process must end, and may start again.</summary>
    Task<string> GivenUp { get; }

    /// <summary>Makes the node a silo: when this returns, others send requests to it.</summary>
    /// <exception cref="CacheException">The cluster cannot be reached, or does not take the node; the message says why.</exception>
    Task JoinAsync(GridNode node, CancellationToken cancellationToken);

    /// <summary>Changes the mounts that were added to the cluster: stored, and taken over by all silos that answer, when this returns.</summary>
    /// <param name="change">
    /// Gives the mounts after the change from those before it, the very same where there is nothing to change: then the silos are told once more. Called again where
    /// somebody else was first. What it throws is thrown here, and nothing is changed.
    /// </param>
    /// <param name="freed">Where a mount leaves whose pages go too; null: nowhere.</param>
    /// <param name="cancellationToken">Gives up; the change may have been made.</param>
    /// <exception cref="CacheException">Unavailable: the cluster's table cannot be reached; the change may have been made.</exception>
    Task<MountsChanged> ChangeMountsAsync(Func<MountRecords, MountRecords> change, CachePath? freed, CancellationToken cancellationToken);

    /// <summary>Leaves in good order: others stop sending requests before this returns. Never fails.</summary>
    Task LeaveAsync();
}

/// <summary>What the grains of a silo did since it started.</summary>
/// <param name="Silo">Which silo of which cluster.</param>
/// <param name="Opens">Opens and stats that files' grains answered, and changes that they were told of.</param>
/// <param name="Misses">Misses that pages' grains were asked to fill.</param>
/// <param name="FillsBegun">Fills that they began.</param>
/// <param name="Told">Changes that the node was told of by files' grains.</param>
/// <param name="Activations">Files' and pages' grains that live now.</param>
/// <param name="Activated">Those that were made.</param>
public sealed record GridFigures(string Silo, long Opens, long Misses, long FillsBegun, long Told, long Activations, long Activated);

/// <summary>What becomes a silo.</summary>
/// <param name="Node">The engine.</param>
/// <param name="Member">How others know it.</param>
/// <param name="Mounts">The mount table now.</param>
/// <param name="Counters">Where what grains do is counted.</param>
public sealed record GridNode(CacheNode Node, RingMember Member, Func<MountTable> Mounts, CacheCounters Counters)
{
    /// <summary>Those that were added; null where there never are any.</summary>
    public IAddedMounts? AddedMounts { get; init; }
}

/// <summary>How a grid is joined.</summary>
public sealed record GridOptions
{
    /// <summary>Orleans' own.</summary>
    public const int FirstSiloPort = 11111;

    /// <summary>Above it activations cost more in garbage collections than their next activation would (1.6 KB and 25 microseconds each).</summary>
    public const int DefaultMaxActivations = 200_000;

    /// <summary>PostgreSQL, which keeps members and mounts; null: one machine, for trying out.</summary>
    public string? Database { get; init; }

    /// <summary>Silos of one id are one cluster.</summary>
    public string ClusterId { get; init; } = "ocache";

    /// <summary>Under which other silos reach this one.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Whether it listens on all of the machine's addresses.</summary>
    public bool ListensOnAny { get; init; }

    /// <summary>0: any; on one machine the first silo takes <see cref="FirstPort"/>.</summary>
    public int SiloPort { get; init; }

    /// <summary>On one machine: port of the silo in whose memory the members are.</summary>
    public int FirstPort { get; init; } = FirstSiloPort;

    /// <summary>For clients that speak Orleans; 0: none, nothing of ours needs it.</summary>
    public int GatewayPort { get; init; }

    /// <summary>Share on the ring.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Activations of files' and pages' grains that live at a time.</summary>
    public int MaxActivations { get; init; } = DefaultMaxActivations;
}

using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Client.Connecting;

/// <summary>The cluster as a client knows it: an immutable snapshot.</summary>
/// <param name="Description">As a node gave it.</param>
/// <param name="Nodes">The ring, and how its nodes are reached.</param>
/// <param name="Mounts">Which paths belong to which under storage; reading those is the last resort.</param>
internal sealed record ClusterView(ClusterDescription Description, ClusterNodes Nodes, MountTable Mounts);

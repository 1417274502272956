using System.Text.Json.Serialization;

namespace Orleans.Cache.Client.Cluster;

/// <summary>A cluster as one of its nodes sees it: what a ring-aware client needs, and what operators look at.</summary>
/// <param name="Node">Who says so.</param>
/// <param name="Version">Rises with each ring that the node has used.</param>
/// <param name="Ring">Fingerprint: equal where nodes give every key the same owners.</param>
/// <param name="PageSize">Bytes of a page.</param>
/// <param name="StripeBytes">Bytes of a stripe, the run of pages that lives on one node.</param>
/// <param name="Members">All configured nodes, in the order of their names.</param>
/// <param name="Mounts">What is served, so that a client can compute owners of paths.</param>
public sealed record ClusterDescription(
    string Node, long Version, string Ring, int PageSize, long StripeBytes,
    IReadOnlyList<MemberDescription> Members, IReadOnlyList<MountDescription> Mounts);

/// <summary>One node.</summary>
/// <param name="Name">Stable name.</param>
/// <param name="Url">Its REST address.</param>
/// <param name="Weight">Its weight on the ring.</param>
/// <param name="Share">Part of all keys that it owns, 0 to 1.</param>
/// <param name="State">"up" or "down", as the answering node sees it.</param>
/// <param name="Reason">Why it is down.</param>
public sealed record MemberDescription(string Name, Uri Url, double Weight, double Share, string State, string? Reason);

/// <summary>One mount: its path, the identity of its under storage, which keys are hashed with, and on how many nodes its pages are kept.</summary>
public sealed record MountDescription(string Path, string Identity, int Replicas = 1);

/// <summary>How the description is written.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClusterDescription))]
internal sealed partial class ClusterJson : JsonSerializerContext;

using Microsoft.AspNetCore.Http;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Gateway.Peers;

/// <summary>GET of the cluster: ring, members, mounts. A node by itself is a cluster of one, at the address that the client used.</summary>
internal sealed class ClusterEndpoint(CacheFileSystem files, ICacheNode local, ClusterMembership? cluster = null)
{
    public const string Route = PeerRoutes.Cluster;

    /// <summary>The address does not count.</summary>
    private readonly string _alone = new HashRing(1, [new RingMember(local.Name, new Uri("http://localhost"))]).Fingerprint.ToString("x16", null);

    /// <summary>Of the ring that this node routes by, as answers carry it.</summary>
    public string RingFingerprint => cluster?.RingText ?? _alone;

    public ClusterDescription Handle(HttpRequest request)
    {
        if (cluster is not null)
            return cluster.Describe();
        var url = new Uri($"{request.Scheme}://{request.Host}");
        return new ClusterDescription(
            local.Name, Version: 1, RingFingerprint, local.PageSize, CacheFile.StripeBytes,
            [new MemberDescription(local.Name, url, 1, 1, "up", null)],
            [.. files.Mounts.Mounts.Select(m => new MountDescription(m.Path.Value, m.Storage.Identity.Uri, m.Replicas))]);
    }
}

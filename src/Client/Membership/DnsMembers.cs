using System.Net;
using System.Net.Sockets;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Membership;

/// <summary>
/// Finds the members of a cluster behind a DNS name: every address is a node, which says at a ping what it is called. One that does not
/// answer keeps the name that it had: whether it is up is the cluster's business, whether it belongs to it is DNS's.
/// </summary>
internal sealed class DnsMembers(DnsPeers peers, IHostAddresses addresses, PeerTransport transport)
{
    /// <summary>A resolver that takes longer has lost its server; its answer would be asked for again anyway.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private Dictionary<Uri, string> _names = [];

    /// <summary>The members now; null where DNS does not say: then they stay as they are. For one caller at a time.</summary>
    /// <param name="now">The cluster until now: who is up there needs no ping.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async Task<IReadOnlyList<RingMember>?> LookAsync(ClusterNodes now, CancellationToken cancellationToken)
    {
        IPAddress[] found;
        try
        {
            found = await addresses.ResolveAsync(peers.Host, cancellationToken).WaitAsync(Patience, transport.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return null;
        }
        Seen[] seen = await Task.WhenAll(found.Distinct().Select(address => AskAsync(UriOf(address), now))).ConfigureAwait(false);
        _names = seen.Where(s => s.Name is not null).ToDictionary(s => s.Address, s => s.Name!);
        // A name that is nobody's yet is no member; a service without any address is one whose answers have not come yet.
        return seen.Length == 0 ? null : [.. seen.Where(s => s.Name is not null).GroupBy(s => s.Name!).Select(g => new RingMember(g.Key, Best(g, now)))];
    }

    private Uri UriOf(IPAddress address) => new UriBuilder(Uri.UriSchemeHttp, address.ToString(), peers.Port).Uri;

    /// <summary>A node may have several addresses (IPv4 and IPv6), or have moved while DNS still gives the old one: one that answers, and rather the one in use.</summary>
    private static Uri Best(IEnumerable<Seen> same, ClusterNodes now) => same
        .OrderByDescending(s => s.Answers)
        .ThenByDescending(s => AddressOf(s.Name!, now) == s.Address)
        .ThenBy(s => s.Address.AbsoluteUri, StringComparer.Ordinal)
        .First().Address;

    private static Uri? AddressOf(string name, ClusterNodes now) => now.Ring.Members.FirstOrDefault(m => m.Name == name)?.Address;

    private async Task<Seen> AskAsync(Uri address, ClusterNodes now)
    {
        string? known = _names.GetValueOrDefault(address);
        if (known is not null && AddressOf(known, now) == address && ClusterNodes.IsUp(now.Nodes[known]))
            return new Seen(address, known, Answers: true);
        PingAnswer answer = await PingAnswer.AskAsync(address, transport).ConfigureAwait(false);
        return new Seen(address, answer.Message is { Name.Length: > 0 } ping ? ping.Name : known, answer.Message is not null);
    }

    private sealed record Seen(Uri Address, string? Name, bool Answers);
}

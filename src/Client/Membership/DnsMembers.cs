using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Membership;

/// <summary>
/// Finds the members of a cluster behind a DNS name: every address is a node, which says at a ping what it is called. One that does not
/// answer keeps the name that it had: whether it is up is the cluster's business, whether it belongs to it is DNS's.
/// </summary>
/// <param name="peers">The name.</param>
/// <param name="addresses">Resolves it.</param>
/// <param name="time">Clock and timers.</param>
/// <param name="log">Told when DNS does not answer.</param>
public sealed partial class DnsMembers(DnsPeers peers, IHostAddresses addresses, TimeProvider time, ILogger log) : IMemberSource
{
    /// <summary>A resolver that takes longer has lost its server; its answer would be asked for again anyway.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Resolvers answer from their own caches for so long or longer; a pod that is new is found within seconds.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    private Dictionary<Uri, string> _names = [];

    public async IAsyncEnumerable<IReadOnlyList<RingMember>> FollowAsync(
        IKnownMembers known, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            if (await LookAsync(known, cancellationToken).ConfigureAwait(false) is { } members)
            {
                yield return members;
            }
            else
            {
                LogNoAnswer();
                yield return known.Members;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The members now; null where DNS does not say: then they stay as they are. For one caller at a time.</summary>
    private async Task<IReadOnlyList<RingMember>?> LookAsync(IKnownMembers known, CancellationToken cancellationToken)
    {
        IPAddress[] found;
        try
        {
            found = await addresses.ResolveAsync(peers.Host, cancellationToken).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return null;
        }
        Seen[] seen = await Task.WhenAll(found.Distinct().Select(address => AskAsync(UriOf(address), known))).ConfigureAwait(false);
        _names = seen.Where(s => s.Name is not null).ToDictionary(s => s.Address, s => s.Name!);
        // A name that is nobody's yet is no member; a service without any address is one whose answers have not come yet.
        return seen.Length == 0 ? null : [.. seen.Where(s => s.Name is not null).GroupBy(s => s.Name!).Select(g => new RingMember(g.Key, Best(g, known)))];
    }

    private Uri UriOf(IPAddress address) => new UriBuilder(Uri.UriSchemeHttp, address.ToString(), peers.Port).Uri;

    /// <summary>A node may have several addresses (IPv4 and IPv6), or have moved while DNS still gives the old one: one that answers, and rather the one in use.</summary>
    private static Uri Best(IEnumerable<Seen> same, IKnownMembers known) => same
        .OrderByDescending(s => s.Answers)
        .ThenByDescending(s => AddressOf(s.Name!, known) == s.Address)
        .ThenBy(s => s.Address.AbsoluteUri, StringComparer.Ordinal)
        .First().Address;

    private static Uri? AddressOf(string name, IKnownMembers known) => known.Members.FirstOrDefault(m => m.Name == name)?.Address;

    private async Task<Seen> AskAsync(Uri address, IKnownMembers known)
    {
        string? name = _names.GetValueOrDefault(address);
        if (name is not null && AddressOf(name, known) == address && known.IsUp(name))
            return new Seen(address, name, Answers: true);
        string? answer = await known.AskNameAsync(address).ConfigureAwait(false);
        return new Seen(address, answer ?? name, answer is not null);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "DNS does not say who is in the cluster; the nodes known so far stay.")]
    private partial void LogNoAnswer();

    private sealed record Seen(Uri Address, string? Name, bool Answers);
}

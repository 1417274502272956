using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Files;
using Orleans.Cache.Filling;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Client.Membership;

/// <summary>
/// This node's view of a cluster whose members stand in the configuration, or behind a DNS name. Each node pings the others; who does
/// not answer, calls itself by another name or mounts something else is passed over until it does better. No node tells another who is alive.
/// </summary>
/// <remarks>
/// Invariants: who is a member is one immutable snapshot, replaced as a whole by one task at a time; this node stands in it whether or not
/// it is on the ring. Members that stay keep their <see cref="HttpNode"/>, and with it what is known of their lives. One that comes is
/// down until it was pinged and told to forget: it may have missed what was written while it was none.
/// </remarks>
public sealed partial class StaticCluster : IAsyncDisposable
{
    /// <summary>A ping is one small request; a node that froze is noticed after one of these and the ping's own patience.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    /// <summary>Resolvers answer from their own caches for so long or longer; a pod that is new is found within seconds.</summary>
    private static readonly TimeSpan FindPeriod = TimeSpan.FromSeconds(3);

    private readonly string _self;
    private readonly IReadOnlyList<RingMember> _members;
    private readonly DnsMembers? _found;
    private readonly Func<MountTable> _mounts;
    private readonly PeerTransport _transport;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string?> _logged = new(StringComparer.Ordinal);
    private volatile ClusterNodes? _nodes;
    private Task _probing = Task.CompletedTask;
    private Task _finding = Task.CompletedTask;

    /// <param name="self">This node's name; one of the members.</param>
    /// <param name="members">All nodes, this one included.</param>
    /// <param name="mounts">The mount table now.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="log">Nodes that go and come are logged.</param>
    /// <param name="limits">Limits of talking to nodes.</param>
    public StaticCluster(
        string self, IReadOnlyList<RingMember> members, Func<MountTable> mounts, TimeProvider time, ILogger log, ClientLimits? limits = null)
    {
        _self = self;
        _members = members;
        _mounts = mounts;
        _time = time;
        _log = log;
        _transport = new PeerTransport(limits ?? new ClientLimits(), time);
        FreezeWatch = new FreezeWatch(time);
    }

    /// <param name="self">This node's name.</param>
    /// <param name="peers">Where the members are found.</param>
    /// <param name="addresses">Resolves the name.</param>
    /// <param name="mounts">The mount table now.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="log">Nodes that go and come are logged.</param>
    /// <param name="limits">Limits of talking to nodes.</param>
    public StaticCluster(
        string self, DnsPeers peers, IHostAddresses addresses, Func<MountTable> mounts, TimeProvider time, ILogger log, ClientLimits? limits = null)
        : this(self, [], mounts, time, log, limits) =>
        _found = new DnsMembers(peers, addresses, _transport);

    /// <summary>The ring now.</summary>
    public HashRing Ring => _nodes!.Ring;

    /// <summary>The ring's fingerprint as answers carry it.</summary>
    public string RingText => _nodes!.RingText;

    /// <summary>For this node, which others cannot tell anything while it stands still.</summary>
    public FreezeWatch FreezeWatch { get; }

    /// <summary>The other nodes that are up.</summary>
    internal IReadOnlyList<HttpNode> Neighbours => [.. Others().Where(n => n.Life.IsUp)];

    /// <summary>Wraps what this node's fills read: a neighbour that served its keys before is asked first.</summary>
    public IFillSource AskNeighboursFirst(IFillSource ufs) => new NeighbourFillSource(ufs, () => _nodes!, _mounts, _time);

    /// <summary>Puts this node among the others. Called once, before anything is asked.</summary>
    /// <param name="local">This process's node.</param>
    /// <param name="counters">Counts what it passes on to others.</param>
    /// <returns>How owners are found.</returns>
    public INodeDirectory Join(ICacheNode local, CacheCounters counters)
    {
        var nodes = new Dictionary<string, ICacheNode>(StringComparer.Ordinal) { [_self] = local };
        foreach (RingMember member in _members.Where(m => m.Name != _self))
            nodes.Add(member.Name, Connect(member, local.PageSize));
        _nodes = new ClusterNodes(new HashRing(1, _members), nodes, _self);
        return new RingDirectory(() => _nodes, local, new RoutedNode(() => _nodes, _mounts, local) { Counters = counters });
    }

    /// <summary>
    /// Finds and pings everybody once, so that the first requests know who is there, and goes on in the background. Called when this node
    /// answers pings itself: where its own address is found, it is asked for its name.
    /// </summary>
    public async Task StartAsync()
    {
        if (_found is not null)
        {
            await FindAsync(_found).ConfigureAwait(false);
            _finding = KeepFindingAsync(_found, _stop.Token);
        }
        await ProbeAllAsync().ConfigureAwait(false);
        _probing = ProbeAsync(_stop.Token);
    }

    /// <summary>Address of the node that serves a stripe of a file now; null where this one does.</summary>
    public Uri? AddressOfOther(MountedKey at, long stripe) =>
        (_nodes!.ActingKeeper(RingKey.Of(at.Mount.Storage.Identity, at.Key, stripe), _mounts().ReplicasOf(at.Mount.Storage.Identity)) as HttpNode)?.Member.Address;

    /// <summary>The cluster as this node sees it.</summary>
    public ClusterDescription Describe()
    {
        ClusterNodes now = _nodes!;
        double[] shares = now.Ring.Shares();
        return new ClusterDescription(
            _self, now.Ring.Version, now.RingText, now.Nodes[_self].PageSize, CacheFile.StripeBytes,
            [.. now.Ring.Members.Select((m, i) => Describe(m, shares[i], now.Nodes[m.Name] as HttpNode))],
            [.. _mounts().Mounts.Select(m => new MountDescription(m.Path.Value, m.Storage.Identity.Uri, m.Replicas))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _probing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _finding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (HttpNode node in Others())
            node.Dispose();
        _transport.Dispose();
        FreezeWatch.Dispose();
        _stop.Dispose();
    }

    private static MemberDescription Describe(RingMember member, double share, HttpNode? remote) => new(
        member.Name, member.Address, member.Weight, share, remote?.Life.IsUp == false ? "down" : "up", remote?.Life.Reason);

    private HttpNode Connect(RingMember member, int pageSize)
    {
        var node = new HttpNode(member, pageSize, _transport, ping => Objection(member, ping));
        node.Life.ComingUp = node.ForgetAllAsync;
        return node;
    }

    private IEnumerable<HttpNode> Others() => _nodes?.Nodes.Values.OfType<HttpNode>() ?? [];

    /// <summary>Why a node that answers must not be used: its keys, and so its pages, would be others than we mean.</summary>
    private string? Objection(RingMember member, PingMessage ping)
    {
        if (ping.Name != member.Name)
            return $"the node at {member.Address} calls itself '{ping.Name}', not '{member.Name}': --peers and --name disagree";
        if (ping.Mounts != _mounts().Fingerprint.ToString("x16", null))
            return $"its mount table is not this node's: start all nodes with the same --mount options";
        return ping.State == PingMessage.Ready ? null : $"it is {ping.State}";
    }

    private async Task KeepFindingAsync(DnsMembers found, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(FindPeriod, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await FindAsync(found).ConfigureAwait(false))
                await ProbeAllAsync().ConfigureAwait(false);
        }
    }

    /// <returns>Whether the members are others than before.</returns>
    private async Task<bool> FindAsync(DnsMembers found)
    {
        ClusterNodes before = _nodes!;
        if (await found.LookAsync(before, _stop.Token).ConfigureAwait(false) is not { } members)
        {
            LogNoAnswer();
            return false;
        }
        var ring = new HashRing(before.Ring.Version + 1, members);
        if (ring.Members.SequenceEqual(before.Ring.Members))
            return false;
        ICacheNode local = before.Nodes[_self];
        var nodes = new Dictionary<string, ICacheNode>(StringComparer.Ordinal) { [_self] = local };
        foreach (RingMember member in ring.Members.Where(m => m.Name != _self))
            nodes.Add(member.Name, before.Nodes.GetValueOrDefault(member.Name) is HttpNode known && known.Member == member ? known : Welcome(member, local.PageSize));
        // Those that go are not disposed of: requests that began with the snapshot before end with it.
        _nodes = new ClusterNodes(ring, nodes, _self);
        string names = string.Join(", ", ring.Members.Select(m => m.Name));
        LogMembers(ring.Version, names);
        return true;
    }

    private HttpNode Welcome(RingMember member, int pageSize)
    {
        HttpNode node = Connect(member, pageSize);
        node.Life.Doubt();
        return node;
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ProbePeriod, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            await ProbeAllAsync().ConfigureAwait(false);
    }

    private Task ProbeAllAsync() => Task.WhenAll(Others().Select(async node =>
    {
        await node.Life.PingAsync().ConfigureAwait(false);
        string? reason = node.Life.Reason;
        // Against what was logged last: requests ping too, between the probes.
        if (_logged.GetValueOrDefault(node.Name) == reason)
            return;
        _logged[node.Name] = reason;
        if (reason is null)
            LogUp(node.Name);
        else
            LogDown(node.Name, reason);
    }));

    [LoggerMessage(Level = LogLevel.Information, Message = "Ring {Version}: {Members}.")]
    private partial void LogMembers(long version, string members);

    [LoggerMessage(Level = LogLevel.Warning, Message = "DNS does not say who is in the cluster; the nodes known so far stay.")]
    private partial void LogNoAnswer();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node '{Node}' is passed over: {Reason}")]
    private partial void LogDown(string node, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node '{Node}' serves again.")]
    private partial void LogUp(string node);
}

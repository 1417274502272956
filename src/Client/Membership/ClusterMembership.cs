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
/// This node's view of a cluster, whoever says who its members are (<see cref="IMemberSource"/>). Each node pings the others; who does
/// not answer, calls itself by another name or mounts something else is passed over until it does better. No node tells another who is alive.
/// </summary>
/// <remarks>
/// Invariants: who is a member is one immutable snapshot, replaced as a whole by one task at a time; this node stands in it whether or not
/// it is on the ring. Members that stay keep their <see cref="HttpNode"/>, and with it what is known of their lives. One that comes later is
/// down until it was pinged and told to forget: it may have missed what was written while it was none. Those of the first list were written
/// nothing by this node yet.
/// </remarks>
public sealed partial class ClusterMembership : IKnownMembers, IAsyncDisposable
{
    /// <summary>A ping is one small request; a node that froze is noticed after one of these and the ping's own patience.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    private readonly string _self;
    private readonly IMemberSource _source;
    private readonly Func<MountTable> _mounts;
    private readonly PeerTransport _transport;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string?> _logged = new(StringComparer.Ordinal);
    private volatile ClusterNodes? _nodes;
    private Task _probing = Task.CompletedTask;
    private Task _following = Task.CompletedTask;

    /// <param name="self">This node's name.</param>
    /// <param name="source">Says who the members are.</param>
    /// <param name="mounts">The mount table now.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="log">Nodes that go and come are logged.</param>
    /// <param name="limits">Limits of talking to nodes.</param>
    public ClusterMembership(
        string self, IMemberSource source, Func<MountTable> mounts, TimeProvider time, ILogger log, ClientLimits? limits = null)
    {
        _self = self;
        _source = source;
        _mounts = mounts;
        _time = time;
        _log = log;
        _transport = new PeerTransport(limits ?? new ClientLimits(), time);
        FreezeWatch = new FreezeWatch(time);
    }

    /// <summary>Where files have one place that answers for them; null: the nodes that own them do.</summary>
    public IFileOwners? Owners { get; init; }

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

    /// <summary>Members now; whether one of them is up, and what an address is called, for <see cref="IMemberSource"/>.</summary>
    IReadOnlyList<RingMember> IKnownMembers.Members => _nodes!.Ring.Members;

    bool IKnownMembers.IsUp(string name) => _nodes!.Nodes.TryGetValue(name, out ICacheNode? node) && ClusterNodes.IsUp(node);

    async Task<string?> IKnownMembers.AskNameAsync(Uri address) =>
        (await PingAnswer.AskAsync(address, _transport).ConfigureAwait(false)).Message is { Name.Length: > 0 } ping ? ping.Name : null;

    /// <summary>Puts this node among the others. Called once, before anything is asked.</summary>
    /// <param name="local">This process's node.</param>
    /// <param name="counters">Counts what it passes on to others.</param>
    /// <returns>How owners are found.</returns>
    public INodeDirectory Join(ICacheNode local, CacheCounters counters)
    {
        var nodes = new Dictionary<string, ICacheNode>(StringComparer.Ordinal) { [_self] = local };
        foreach (RingMember member in _source.Given.Where(m => m.Name != _self))
            nodes.Add(member.Name, Connect(member, local.PageSize));
        _nodes = new ClusterNodes(new HashRing(1, _source.Given), nodes, _self);
        return new RingDirectory(() => _nodes, local, new RoutedNode(() => _nodes, _mounts, local) { Counters = counters }) { Owners = Owners };
    }

    /// <summary>
    /// Learns who is there and pings everybody once, so that the first requests know it, and goes on in the background. Called when this
    /// node answers pings itself: where its own address is found, it is asked for its name.
    /// </summary>
    public async Task StartAsync()
    {
        IAsyncEnumerator<IReadOnlyList<RingMember>> members = _source.FollowAsync(this, _stop.Token).GetAsyncEnumerator(_stop.Token);
        if (await members.MoveNextAsync().ConfigureAwait(false))
            Take(members.Current, isFirst: true);
        await ProbeAllAsync().ConfigureAwait(false);
        _probing = ProbeAsync(_stop.Token);
        _following = FollowAsync(members);
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
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
        var node = new HttpNode(member, pageSize, _transport, ping => Objection(member, ping)) { Owners = Owners };
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

    private async Task FollowAsync(IAsyncEnumerator<IReadOnlyList<RingMember>> members)
    {
        await using (members.ConfigureAwait(false))
        {
            while (await members.MoveNextAsync().ConfigureAwait(false))
            {
                // Not awaited: one that does not answer must not keep the next change from the ring.
                if (Take(members.Current, isFirst: false))
                    _ = ProbeAllAsync();
            }
        }
    }

    /// <returns>Whether the members are others than before.</returns>
    private bool Take(IReadOnlyList<RingMember> members, bool isFirst)
    {
        ClusterNodes before = _nodes!;
        var ring = new HashRing(before.Ring.Version + 1, members);
        if (ring.Members.SequenceEqual(before.Ring.Members))
            return false;
        ICacheNode local = before.Nodes[_self];
        var nodes = new Dictionary<string, ICacheNode>(StringComparer.Ordinal) { [_self] = local };
        foreach (RingMember member in ring.Members.Where(m => m.Name != _self))
        {
            nodes.Add(member.Name, before.Nodes.GetValueOrDefault(member.Name) is HttpNode known && known.Member == member ? known
                : isFirst ? Connect(member, local.PageSize) : Welcome(member, local.PageSize));
        }
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node '{Node}' is passed over: {Reason}")]
    private partial void LogDown(string node, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node '{Node}' serves again.")]
    private partial void LogUp(string node);
}

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
/// This node's view of a cluster whose members stand in the configuration. Each node pings the others; who does not answer, calls
/// itself by another name or mounts something else is passed over until it does better. No node tells another who is alive.
/// </summary>
public sealed partial class StaticCluster : IAsyncDisposable
{
    /// <summary>A ping is one small request; a node that froze is noticed after one of these and the ping's own patience.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    private readonly string _self;
    private readonly IReadOnlyList<RingMember> _members;
    private readonly Func<MountTable> _mounts;
    private readonly PeerTransport _transport;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string?> _logged = new(StringComparer.Ordinal);
    private ClusterNodes? _nodes;
    private Task _probing = Task.CompletedTask;

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
        Ring = new HashRing(1, members);
    }

    public HashRing Ring { get; }

    /// <summary>The ring's fingerprint as answers carry it.</summary>
    public string RingText => _nodes!.RingText;

    /// <summary>For this node, which others cannot tell anything while it stands still.</summary>
    public FreezeWatch FreezeWatch { get; }

    /// <summary>The other nodes that are up.</summary>
    internal IReadOnlyList<HttpNode> Neighbours => [.. Others().Where(n => n.Life.IsUp)];

    /// <summary>Wraps what this node's fills read: a neighbour that served its keys before is asked first.</summary>
    public IFillSource AskNeighboursFirst(IFillSource ufs) => new NeighbourFillSource(ufs, () => _nodes!, _self, _time);

    /// <summary>Puts this node among the others. Called once, before anything is asked.</summary>
    /// <param name="local">This process's node.</param>
    /// <param name="counters">Counts what it passes on to others.</param>
    /// <returns>How owners are found.</returns>
    public INodeDirectory Join(ICacheNode local, CacheCounters counters)
    {
        var nodes = new Dictionary<string, ICacheNode>(StringComparer.Ordinal) { [_self] = local };
        foreach (RingMember member in _members.Where(m => m.Name != _self))
        {
            var node = new HttpNode(member, local.PageSize, _transport, ping => Objection(member, ping));
            node.Life.ComingUp = node.ForgetAllAsync;
            nodes.Add(member.Name, node);
        }
        var cluster = new ClusterNodes(Ring, nodes);
        _nodes = cluster;
        return new RingDirectory(() => cluster, local, new RoutedNode(() => cluster, _mounts, local) { Counters = counters });
    }

    /// <summary>Pings everybody once, so that the first requests know who is there, and goes on in the background.</summary>
    public async Task StartAsync()
    {
        await ProbeAllAsync().ConfigureAwait(false);
        _probing = ProbeAsync(_stop.Token);
    }

    /// <summary>Address of the node that serves a stripe of a file now; null where this one does.</summary>
    public Uri? AddressOfOther(MountedKey at, long stripe) =>
        (_nodes!.ActingOwner(RingKey.Of(at.Mount.Storage.Identity, at.Key, stripe)) as HttpNode)?.Member.Address;

    /// <summary>The cluster as this node sees it.</summary>
    public ClusterDescription Describe()
    {
        double[] shares = Ring.Shares();
        return new ClusterDescription(
            _self, Ring.Version, RingText, _nodes!.Nodes[_self].PageSize, CacheFile.StripeBytes,
            [.. Ring.Members.Select((m, i) => Describe(m, shares[i]))],
            [.. _mounts().Mounts.Select(m => new MountDescription(m.Path.Value, m.Storage.Identity.Uri))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _probing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (HttpNode node in Others())
            node.Dispose();
        _transport.Dispose();
        FreezeWatch.Dispose();
        _stop.Dispose();
    }

    private MemberDescription Describe(RingMember member, double share)
    {
        var remote = _nodes!.Nodes[member.Name] as HttpNode;
        return new MemberDescription(
            member.Name, member.Address, member.Weight, share, remote?.Life.IsUp == false ? "down" : "up", remote?.Life.Reason);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node '{Node}' is passed over: {Reason}")]
    private partial void LogDown(string node, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node '{Node}' serves again.")]
    private partial void LogUp(string node);
}

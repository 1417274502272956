using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Fallback;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Client.Telemetry;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Connecting;

/// <summary>
/// Keeps a client's view of the cluster: learnt from any node, learnt again when an answer carries another ring or when nodes fail.
/// </summary>
/// <remarks>
/// Invariants: the view is replaced as a whole, by one fetch at a time, at most once a <see cref="RefetchPeriod"/>; a reason to fetch that
/// comes sooner is put off, not forgotten. No request waits for it unless nobody answers any more. A stale view costs hops, never wrong bytes: nodes serve what they are asked for, whoever owns it.
/// </remarks>
internal sealed class ClusterConnection : IAsyncDisposable
{
    /// <summary>While two nodes disagree about the ring, each answer of one of them asks for a fetch.</summary>
    private static readonly TimeSpan RefetchPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Of the process: readers on all machines spread over the replicas of what they read, and each stays with its own.</summary>
    private static readonly string Reader = $"{Environment.MachineName}/{Environment.ProcessId}";

    private readonly IReadOnlyList<Uri> _seeds;
    private readonly CacheClientOptions _options;
    private readonly PeerTransport _transport;
    private readonly ConcurrentDictionary<UfsIdentity, FallbackStorage> _storages = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private ClusterView? _view;
    private Task _refetch = Task.CompletedTask;
    private long _refetchedAt;
    private volatile bool _isLost;

    public ClusterConnection(IReadOnlyList<Uri> seeds, CacheClientOptions options)
    {
        _seeds = seeds;
        _options = options;
        _transport = new PeerTransport(options.Limits, options.Time);
    }

    /// <summary>The cluster now.</summary>
    public ClusterView View => Volatile.Read(ref _view)!;

    /// <summary>The cluster as a node described it, with the states that this client has found out itself.</summary>
    public ClusterDescription Describe()
    {
        ClusterView view = View;
        return view.Description with { Members = [.. view.Description.Members.Select(m => Seen(m, ((HttpNode)view.Nodes.Nodes[m.Name]).Life))] };
    }

    /// <summary>Learns the cluster from the first address that answers.</summary>
    /// <exception cref="CacheException">NodeUnreachable: none does; each with its reason.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Apply(await FetchAsync(_seeds, cancellationToken).ConfigureAwait(false));
        _refetchedAt = _options.Time.GetTimestamp();
        // Who is said to be down is asked, so that the first requests need not find out.
        HashSet<string> down = [.. View.Description.Members.Where(m => m.State != "up").Select(m => m.Name)];
        await Task.WhenAll(Nodes().Where(n => down.Contains(n.Name)).Select(n => n.Life.PingAsync())).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A node was left for another: it may have left the cluster.</summary>
    public void NodeFailed(ICacheNode node)
    {
        ClientTelemetry.Failovers.Add(1);
        Refetch(null);
    }

    /// <summary>
    /// Pings every node, when the owners have failed: one that was lost for a moment, or has just started again, is found here. Where
    /// none answers, the addresses that the client was given may know others. Who can read the under storage does not wait for that, and
    /// for the pings only where it has met somebody.
    /// </summary>
    /// <param name="tried">How many were asked for what is wanted.</param>
    /// <param name="cancellationToken">Ends the waiting; the pings go on for others.</param>
    /// <returns>Whether any node answers.</returns>
    public async ValueTask<bool> AnyNodeAnswersAsync(int tried, CancellationToken cancellationToken)
    {
        bool hasStorage = _storages.Values.Any(s => s.IsConfigured);
        if (tried == 0 && hasStorage)
        {
            _ = Refetch(null);
            return false;
        }
        bool[] answers = await Task.WhenAll(Nodes().Select(n => n.Life.PingAsync())).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (answers.Contains(true))
            return true;
        // When nobody knew anything just now, that is the answer until the next time.
        bool wasAskedJustNow = _isLost && _options.Time.GetElapsedTime(Volatile.Read(ref _refetchedAt)) < RefetchPeriod;
        Task refetch = Refetch(null);
        if (hasStorage || wasAskedJustNow)
            return false;
        await refetch.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Nodes().Any(n => n.Life.IsUp);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _refetch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _transport.Dispose();
        foreach (FallbackStorage storage in _storages.Values)
            await storage.DisposeAsync().ConfigureAwait(false);
    }

    private IEnumerable<HttpNode> Nodes() => View.Nodes.Nodes.Values.OfType<HttpNode>();

    private void RingSeen(HttpNode node, string fingerprint)
    {
        if (fingerprint != View.Description.Ring)
            Refetch(node.Member.Address);
    }

    /// <summary>Fetches in the background, when the last time is a period ago; joins a fetch that is to come or under way.</summary>
    /// <param name="informer">Who is asked first: it knows another ring.</param>
    private Task Refetch(Uri? informer)
    {
        lock (_gate)
        {
            if (_refetch.IsCompleted && !_stop.IsCancellationRequested)
                _refetch = Task.Run(() => RefetchAsync(informer));
            return _refetch;
        }
    }

    private async Task RefetchAsync(Uri? informer)
    {
        try
        {
            TimeSpan early = RefetchPeriod - _options.Time.GetElapsedTime(_refetchedAt);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, _options.Time, _stop.Token).ConfigureAwait(false);
            Volatile.Write(ref _refetchedAt, _options.Time.GetTimestamp());
            ClientTelemetry.Refetches.Add(1);
            Apply(await FetchAsync(Informers(informer), _stop.Token).ConfigureAwait(false));
            _isLost = false;
        }
        catch (Exception e) when (e is CacheException or OperationCanceledException)
        {
            // The view that we have still finds whoever answers; the next failure asks again.
            _isLost = true;
        }
    }

    /// <summary>Who is asked, in order. Not who is known to be down, which would be waited for.</summary>
    private Uri[] Informers(Uri? first)
    {
        ILookup<bool, Uri> known = Nodes().ToLookup(n => n.Life.IsUp, n => n.Member.Address);
        return [.. (first is null ? known[true] : known[true].Prepend(first)).Concat(_seeds.Except(known[false])).Distinct()];
    }

    private async Task<ClusterDescription> FetchAsync(IReadOnlyList<Uri> addresses, CancellationToken cancellationToken)
    {
        var reasons = new List<string>();
        foreach (Uri address in addresses)
        {
            using var patience = new CancellationTokenSource(_options.Limits.Patience + _options.Limits.PingTimeout, _options.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                byte[] body = await _transport.Pings.GetByteArrayAsync(new Uri(address, PeerRoutes.Cluster), either.Token).ConfigureAwait(false);
                if (JsonSerializer.Deserialize(body, ClusterJson.Default.ClusterDescription) is { Members.Count: > 0, Mounts: not null } description)
                    return description;
                reasons.Add($"{address} names no members");
            }
            catch (Exception e) when (HttpNode.IsTransport(e) && !cancellationToken.IsCancellationRequested)
            {
                reasons.Add($"{address}: {(patience.IsCancellationRequested ? "no answer" : e.Message)}");
            }
            catch (JsonException)
            {
                reasons.Add($"what answers at {address} is not a node of Orleans.Cache");
            }
        }
        throw new CacheException(CacheError.NodeUnreachable, $"No node of the cluster could be reached ({string.Join("; ", reasons)}); give the address of a node's REST port.");
    }

    /// <summary>Makes the view; nodes that stay keep their connections and what we know of their lives.</summary>
    private void Apply(ClusterDescription description)
    {
        ClusterView? before = Volatile.Read(ref _view);
        var nodes = new Dictionary<string, ICacheNode>(StringComparer.Ordinal);
        foreach (MemberDescription member in description.Members)
        {
            var known = before?.Nodes.Nodes.GetValueOrDefault(member.Name) as HttpNode;
            nodes[member.Name] = known?.Member.Address == member.Url
                ? known
                : Connect(new RingMember(member.Name, member.Url, member.Weight), description.PageSize);
        }
        var ring = new HashRing(description.Version, description.Members.Select(m => new RingMember(m.Name, m.Url, m.Weight)));
        var mounts = new MountTable(description.Version, description.Mounts.Select(m => new Mount(
            CachePath.Parse(m.Path), _storages.GetOrAdd(new UfsIdentity(m.Identity), identity => new FallbackStorage(identity, _options.UnderStorage)), Freshness.Strict)
        {
            Replicas = m.Replicas,
        }));
        Volatile.Write(ref _view, new ClusterView(description, new ClusterNodes(ring, nodes, Reader) { AskAnyNode = true }, mounts));
    }

    private HttpNode Connect(RingMember member, int pageSize)
    {
        HttpNode? node = null;
        node = new HttpNode(member, pageSize, _transport, ping => Objection(node!, ping)) { RingSeen = RingSeen };
        return node;
    }

    private static MemberDescription Seen(MemberDescription member, NodeLife life) =>
        life.IsUp ? member with { State = "up", Reason = null } : member with { State = "down", Reason = life.Reason };

    private string? Objection(HttpNode node, PingMessage ping)
    {
        RingSeen(node, ping.Ring);
        if (ping.Name != node.Name)
            return $"the node at {node.Member.Address} calls itself '{ping.Name}', not '{node.Name}'";
        return ping.State == PingMessage.Ready ? null : $"it is {ping.State}";
    }
}

namespace Orleans.Cache.Gateway.Rest.Health;

/// <summary>Where a node is in its life.</summary>
public enum NodeState
{
    /// <summary>Recovering its page store, not to be sent requests yet.</summary>
    Starting,

    /// <summary>Serving.</summary>
    Ready,

    /// <summary>Ending what it has, not to be sent more. Final.</summary>
    Draining,
}

/// <summary>
/// What the front-ends know of the node as a whole: its name, age and state. Whoever starts and stops the node says where it
/// is. Safe for concurrent use; states go forward only, so a late <see cref="MarkReady"/> cannot undo a drain.
/// </summary>
public sealed class NodeHealth(string nodeName, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private int _state;

    public string NodeName { get; } = nodeName;

    public TimeSpan Uptime => time.GetElapsedTime(_started);

    public NodeState State => (NodeState)Volatile.Read(ref _state);

    /// <summary>The node serves from now on.</summary>
    public void MarkReady() => Interlocked.CompareExchange(ref _state, (int)NodeState.Ready, (int)NodeState.Starting);

    /// <summary>The node takes no new work from now on; load balancers see it at their next probe.</summary>
    public void StartDraining() => Volatile.Write(ref _state, (int)NodeState.Draining);
}

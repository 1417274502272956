using Orleans.Cache.Telemetry;

namespace Orleans.Cache.UnderStorage;

/// <summary>Kinds of requests as object stores count, and bill, them.</summary>
public enum UfsOperation
{
    /// <summary>A (ranged) read.</summary>
    Get,

    /// <summary>A status.</summary>
    Head,

    /// <summary>One page of a listing.</summary>
    List,

    /// <summary>An upload, or a step of one.</summary>
    Put,

    Copy,
    Delete,
}

/// <summary>What one connector really sends to its store, repetitions included: one per mount, published with the mount's path.</summary>
public sealed class UfsTraffic
{
    private readonly Tally[] _requests = NewTallies();
    private readonly Tally[] _failures = NewTallies();
    private readonly Tally[] _bytes = NewTallies();
    private readonly Tally[] _microseconds = NewTallies();

    /// <summary>All operations, in the order of their values.</summary>
    public static IReadOnlyList<UfsOperation> Operations { get; } = Enum.GetValues<UfsOperation>();

    /// <summary>Requests that were sent again because the first did not succeed, and reads that went on where they broke off.</summary>
    public Tally Retries { get; } = new();

    /// <summary>What fails while the store counts as dead and is not asked (circuit breaker); null else.</summary>
    public string? Trouble { get; set; }

    /// <summary>1 while the store counts as dead, 0 else.</summary>
    public int Broken => Trouble is null ? 0 : 1;

    /// <summary>Requests sent.</summary>
    public Tally Requests(UfsOperation operation) => _requests[(int)operation];

    /// <summary>Requests that the store failed or did not answer. "Not there", "changed" and refused conditions are answers.</summary>
    public Tally Failures(UfsOperation operation) => _failures[(int)operation];

    /// <summary>Bytes of objects that came with answers, or were sent with requests.</summary>
    public Tally Bytes(UfsOperation operation) => _bytes[(int)operation];

    /// <summary>Time from each request to its answer's head, in microseconds; its turn and the wait before a repetition are not in it.</summary>
    public Tally Microseconds(UfsOperation operation) => _microseconds[(int)operation];

    private static Tally[] NewTallies() => [.. Enum.GetValues<UfsOperation>().Select(_ => new Tally())];
}

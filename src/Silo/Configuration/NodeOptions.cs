using System.Collections.ObjectModel;
using System.Net;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Gateway.Fuse;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>A node's configuration, complete and checked. Immutable.</summary>
internal sealed record NodeOptions
{
    /// <summary>REST's port unless configured; below the ports that Alluxio's own services take.</summary>
    public const int DefaultRestPort = 28080;

    public required string Name { get; init; }

    public required IReadOnlyList<MountOptions> Mounts { get; init; }

    public required IReadOnlyList<StoreOptions> Stores { get; init; }

    /// <summary>Bytes of a page, a power of two.</summary>
    public required int PageSize { get; init; }

    public required IPAddress Listen { get; init; }

    /// <summary>0: any free port.</summary>
    public required int RestPort { get; init; }

    /// <summary>The S3 endpoint; null: none.</summary>
    public S3EndpointOptions? S3 { get; init; }

    /// <summary>Where and how the cache is mounted as local files; null: nowhere.</summary>
    public MountArguments? Fuse { get; init; }

    /// <summary>Name of the eviction policy.</summary>
    public required string Eviction { get; init; }

    /// <summary>Every page is compared with its checksum once in this time; zero: never.</summary>
    public required TimeSpan ScrubPeriod { get; init; }

    /// <summary>All nodes of the cluster, this one included; empty: this one alone.</summary>
    public required IReadOnlyList<RingMember> Peers { get; init; }

    /// <summary>Where they are found instead; null where they are given.</summary>
    public DnsPeers? DnsPeers { get; init; }

    /// <summary>The grid of silos that the node joins; null: none.</summary>
    public GridOptions? Grid { get; init; }

    /// <summary>The Alluxio dialect; where ids are remembered is decided when the node starts.</summary>
    public required AlluxioOptions Alluxio { get; init; }

    /// <summary>OpenTelemetry collector, or null.</summary>
    public required Uri? Otlp { get; init; }

    public required LogLevel LogLevel { get; init; }

    /// <summary>Mounts may be added and removed by whoever reaches the port, not only by the user of the node on its machine.</summary>
    public bool RemoteMounts { get; init; }

    /// <summary>What requests that are not sent would have cost.</summary>
    public StorePrices Prices { get; init; } = StorePrices.Default;

    /// <summary>Where each value came from; empty where nobody asked.</summary>
    public IReadOnlyDictionary<Setting, string> Origins { get; init; } = new Dictionary<Setting, string>();
}

/// <summary>One mount as configured.</summary>
/// <param name="Path">Where it appears.</param>
/// <param name="Uri">The under storage; may hold credentials, so it is shown through <see cref="SafeUri"/> only.</param>
/// <param name="Freshness">How long its metadata is believed.</param>
/// <param name="Latency">Waiting time added to each request, for demonstrations and benchmarks.</param>
/// <param name="Bandwidth">Bytes per second of each stream, for demonstrations and benchmarks; null: unlimited.</param>
internal sealed record MountOptions(CachePath Path, string Uri, Freshness Freshness, TimeSpan Latency, long? Bandwidth)
{
    private static readonly string[] ContainerFirst = ["abfs:", "abfss:", "wasb:", "wasbs:"];

    /// <summary>The URI without user information and query, which is where credentials stand.</summary>
    public string SafeUri => Redact(Uri);

    /// <summary>Whether the mount takes writes.</summary>
    public bool IsWritable { get; init; }

    /// <summary>Whether a dead store's files are told of as they were believed last.</summary>
    public bool ServesStale { get; init; }

    /// <summary>Bytes per second that all streams of this node read of it together; null: unlimited.</summary>
    public long? MaxBandwidth { get; init; }

    /// <summary>Bytes that are kept of it at most; null: as many as the store directories hold.</summary>
    public long? Quota { get; init; }

    /// <summary>All options as they were written.</summary>
    public IReadOnlyList<string> Given { get; init; } = [];

    /// <summary>See <see cref="MountRecord.Since"/>.</summary>
    public long Since { get; init; }

    /// <summary>As it is kept.</summary>
    public MountRecord Record => new(Path.Value, Uri, Given) { Since = Since };

    /// <summary>Whether the store is asked before the mount is there.</summary>
    public bool IsChecked => !Connector.ContainsKey("no-check");

    /// <summary>What the connector is told: names of options and their text, which refers to secrets and holds none.</summary>
    public IReadOnlyDictionary<string, string> Connector { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>On how many nodes of a cluster its pages are kept.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary><see cref="SafeUri"/> without slashes at its end, so that a key is added with one: file:// for the machine's root.</summary>
    public string UriWithoutSlash
    {
        get
        {
            string uri = SafeUri;
            int scheme = uri.IndexOf("://", StringComparison.Ordinal) + "://".Length;
            return uri[..scheme] + uri[scheme..].TrimEnd('/');
        }
    }

    public static string Redact(string uri)
    {
        // In a local path '?', '#' and '@' are characters of names.
        if (uri.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            return uri;
        int query = uri.IndexOfAny(['?', '#']);
        string bare = query < 0 ? uri : uri[..query];
        // Before the '@' of Azure's spellings stands the container.
        if (ContainerFirst.Any(scheme => uri.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)))
            return bare;
        int authority = bare.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
            return bare;
        authority += "://".Length;
        int end = bare.IndexOf('/', authority);
        int at = bare.LastIndexOf('@', end < 0 ? bare.Length - 1 : end);
        return at < authority ? bare : bare[..authority] + bare[(at + 1)..];
    }

    public override string ToString() => $"{Path} = {SafeUri}";
}

/// <summary>Where the S3 endpoint listens, and how it serves.</summary>
/// <param name="Listen">Its address.</param>
/// <param name="Port">0: any free port.</param>
/// <param name="IsOptional">Nobody asked for the port: where it is taken the node does without.</param>
/// <param name="Service">What is served.</param>
internal sealed record S3EndpointOptions(IPAddress Listen, int Port, bool IsOptional, S3Options Service);

/// <summary>A store directory: an absolute path and its quota in bytes.</summary>
internal sealed record StoreOptions(string Directory, long Capacity);

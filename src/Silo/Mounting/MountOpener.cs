using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>Makes mounts from what was written of them: the connector, slowed down or limited where that is asked for, counted as the engine sees it.</summary>
internal sealed class MountOpener(CacheCounters counters, TimeProvider time, ILogger log)
{
    /// <summary>Of the 256 requests that a store may have under way where nothing is said.</summary>
    private const int DefaultLimitedStreams = 224;

    /// <exception cref="CacheException">InvalidArgument: the URI, an option or a reference to a secret is of no use.</exception>
    public Mount Open(MountOptions options)
    {
        IUnderStorage storage = Connect(options);
        if (options.Latency > TimeSpan.Zero || options.Bandwidth is not null)
            storage = new ThrottledUnderStorage(storage, options.Latency, options.Bandwidth ?? 0, time);
        if (options.MaxBandwidth is { } rate)
            storage = new LimitedUnderStorage(storage, rate, MaxLimitedStreams(options), time);
        MountUse? use = storage.Traffic is null ? null : new MountUse();
        return new Mount(options.Path, new MeteredUnderStorage(storage, counters, use), options.Freshness)
        {
            Use = use,
            ServesStale = options.ServesStale,
            IsWritable = options.IsWritable,
            Replicas = options.Replicas,
            Quota = options.Quota,
            Uri = options.UriWithoutSlash,
        };
    }

    /// <summary>The same; null, and a line among the problems, where it cannot be opened.</summary>
    public Mount? TryOpen(MountOptions options, string where, List<string> problems)
    {
        try
        {
            return Open(options);
        }
        catch (CacheException e) when (e.Error == CacheError.InvalidArgument)
        {
            problems.Add($"{where} {options.Path}: {e.Message}");
            return null;
        }
    }

    /// <summary>
    /// Of the requests that a store may have under way, seven of eight: the others are for statuses, listings and writes. Not fewer, for a fill that waits for a stream gets nothing, and is given up
    /// after its patience, while one that has a slow stream goes on.
    /// </summary>
    private static int MaxLimitedStreams(MountOptions options) =>
        options.Connector.TryGetValue("concurrency", out string? text) && int.TryParse(text, out int given) ? Math.Max(1, given - Math.Max(1, given / 8)) : DefaultLimitedStreams;

    private IUnderStorage Connect(MountOptions options)
    {
        try
        {
            return UnderStorageFactory.Create(options.Uri, new ConnectorOptions { Values = options.Connector, IsWritable = options.IsWritable, Log = log }, time);
        }
        catch (CacheException e) when (e.Error == CacheError.InvalidArgument)
        {
            throw new CacheException(CacheError.InvalidArgument, e.Message.Replace(options.Uri, options.SafeUri, StringComparison.Ordinal), e);
        }
    }
}

using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Telemetry;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>Makes mounts from what was written of them: the connector, slowed down where that is asked for, counted as the engine sees it.</summary>
internal sealed class MountOpener(CacheCounters counters, TimeProvider time, ILogger log)
{
    /// <exception cref="CacheException">InvalidArgument: the URI, an option or a reference to a secret is of no use.</exception>
    public Mount Open(MountOptions options)
    {
        IUnderStorage storage = Connect(options);
        if (options.Latency > TimeSpan.Zero || options.Bandwidth is not null)
            storage = new ThrottledUnderStorage(storage, options.Latency, options.Bandwidth ?? 0, time);
        return new Mount(options.Path, new MeteredUnderStorage(storage, counters), options.Freshness)
        {
            IsWritable = options.IsWritable,
            Replicas = options.Replicas,
            Uri = options.UriWithoutSlash,
        };
    }

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

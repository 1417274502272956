using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Grains.Files;
using Orleans.Cache.Grains.Mounts;
using Orleans.Cache.Grains.Pages;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Grains.Telemetry;
using Orleans.Configuration;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.Hosting;

namespace Orleans.Cache.Grains.Silos;

/// <summary>All that makes a silo of Orleans a silo of the cache. The reasons for the figures stand in docs/CLUSTER.md too.</summary>
internal static class SiloSetup
{
    /// <summary>
    /// A silo that answers none of three probes in a row is dead to the others: within 1.8 s and the time of the vote, so that a silo that was killed is
    /// gone in two. Still several times the longest pause of a garbage collection with all activations alive; a silo that is given up by mistake
    /// has to start again.
    /// </summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(600);

    /// <summary>Where gossip did not reach a silo, it learns from the table within this time; one row is read for each silo.</summary>
    private static readonly TimeSpan TableRefreshTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a silo tells the database that it lives. Three times that old, and nobody waits for it any more: silos of a cluster that was killed as a
    /// whole, and comes back at other addresses.
    /// </summary>
    private static readonly TimeSpan IAmAlivePeriod = TimeSpan.FromSeconds(5);

    /// <summary>More than three times that: a silo that tries to join so long, and starts again, knows who is stale.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(18);

    /// <summary>Calls without a time of their own: far above a turn of any grain, so that only a silo that is lost reaches it.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    /// <summary>An idle grain costs memory and knows nothing; one that is asked again within this time spares its activation.</summary>
    private static readonly TimeSpan FileAge = TimeSpan.FromMinutes(2);

    /// <summary>A page is filled once: its readers come within the time that the fill takes.</summary>
    private static readonly TimeSpan PageAge = TimeSpan.FromMinutes(1);

    /// <summary>How often the idle are looked for; must be below the ages.</summary>
    private static readonly TimeSpan CollectionPeriod = TimeSpan.FromSeconds(20);

    public static void Configure(ISiloBuilder silo, GridOptions options, int siloPort, GridNode node, TimeProvider time)
    {
        AddMembers(silo, options);
        silo.Configure<SiloOptions>(o => o.SiloName = SiloName.Of(node.Member));
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.ClusterId, options.ClusterId));
        silo.Configure<EndpointOptions>(o =>
        {
            (o.AdvertisedIPAddress, o.SiloPort, o.GatewayPort) = (options.Address, siloPort, options.GatewayPort);
            if (options.ListensOnAny)
                o.SiloListeningEndpoint = new IPEndPoint(IPAddress.Any, siloPort);
        });
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            (o.ProbeTimeout, o.MaxProbeTimeout, o.NumMissedProbesLimit) = (ProbeTimeout, ProbeTimeout, 3);
            (o.IAmAliveTablePublishTimeout, o.NumMissedTableIAmAliveLimit) = (IAmAlivePeriod, 3);
            (o.TableRefreshTimeout, o.MaxJoinAttemptTime) = (TableRefreshTimeout, JoinPatience);
            // Who tries for so long starts again by itself. The first to be in would else declare those dead that try beside it, in the moment in which they get in.
            o.EvictWhenMaxJoinAttemptTimeExceeded = false;
        });
        silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = ResponseTimeout);
        silo.Configure<GrainCollectionOptions>(o =>
        {
            (o.CollectionQuantum, o.CollectionAge) = (CollectionPeriod, FileAge);
            o.ClassSpecificCollectionAge[typeof(PageGrain).FullName!] = PageAge;
        });
        AddGrains(silo, options, node, time);
    }

    /// <summary>Where members and mounts are kept: the one place that knows, and that a further way to keep them comes to.</summary>
    private static void AddMembers(ISiloBuilder silo, GridOptions options)
    {
        const string Npgsql = "Npgsql";
        if (options.Database is { } database)
        {
            silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = (Npgsql, database));
            silo.AddAdoNetGrainStorage(MountGrain.Storage, o => (o.Invariant, o.ConnectionString) = (Npgsql, database));
            return;
        }
        silo.UseDevelopmentClustering(new IPEndPoint(options.Address, options.FirstPort));
        silo.AddMemoryGrainStorage(MountGrain.Storage);
    }

    private static void AddGrains(ISiloBuilder silo, GridOptions options, GridNode node, TimeProvider time)
    {
        silo.AddPlacementDirector<RingPlacement, RingDirector>();
        silo.AddGrainDirectory(RingGrainDirectory.Name, (services, _) => new RingGrainDirectory(services.GetRequiredService<SiloRings>()));
        silo.Services
            .AddSingleton<IGrainDirectoryCache, RingDirectoryCache>()
            .AddSingleton<SiloRings>()
            .AddSingleton(new LiveActivations(options.MaxActivations))
            .AddSingleton<Keeper>()
            .AddHostedService(services => services.GetRequiredService<Keeper>())
            .AddHostedService(services => new WakeWatch(services.GetRequiredService<IClusterMembershipService>(), time))
            .AddSingleton<EpochIssuer>()
            .AddSingleton<AppliedEpochs>()
            .AddSingleton<GrainCounters>()
            .AddSingleton(node)
            .AddSingleton(node.Node);
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Grains.Files;
using Orleans.Cache.Grains.Mounts;
using Orleans.Cache.Grains.Pages;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Grains.Telemetry;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Ring;
using Orleans.Runtime.MembershipService;

namespace Orleans.Cache.Grains.Silos;

/// <summary>An Orleans silo in the node's process, with a host of its own: it starts when the node answers requests, and stops before it.</summary>
/// <remarks>
/// Invariant: _silo is set from the moment the silo is active and its mounts are the cluster's until it begins to leave. Whoever finds it
/// null does without grains.
/// </remarks>
public sealed partial class Grid(GridOptions options, ILoggerFactory logs, TimeProvider time) : IGrid
{
    /// <summary>A silo that leaves tells the others first, then ends its grains' turns; one that cannot is given up by them as if it had died.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(10);

    /// <summary>The second finds stale what the first waited for.</summary>
    private const int JoinAttempts = 3;

    /// <summary>For tests, which hold something up; null else.</summary>
    public Action<IServiceCollection>? Alter { get; init; }

    private readonly ILogger _log = logs.CreateLogger("Orleans.Cache");
    private readonly int _siloPort = SiloPorts.Choose(options);

    /// <summary>Of the silo that was built last: the death of one that did not even join is no death of the node.</summary>
    private volatile SiloDeath _death = new();

    private IHost? _host;
    private volatile Silo? _silo;

    public string Description =>
        $"silo {options.Address}:{_siloPort} of cluster '{options.ClusterId}' ({(options.Database is null ? "this machine" : "PostgreSQL")})";

    public GridFigures? Figures => _silo?.Services is { } services
        ? services.GetRequiredService<GrainCounters>().Read(Description, services.GetRequiredService<LiveActivations>())
        : null;

    public Task<string> GivenUp => _death.Reason;

    public async Task JoinAsync(GridNode node, CancellationToken cancellationToken)
    {
        if (options.Database is { } database)
            await PostgreSqlTables.EnsureAsync(database, cancellationToken).ConfigureAwait(false);
        _host = await StartAsync(node, cancellationToken).ConfigureAwait(false);
        IServiceProvider services = _host.Services;
        services.GetRequiredService<GrainCounters>().Publish(node.Counters, services.GetRequiredService<LiveActivations>());
        IGrainFactory grains = services.GetRequiredService<IGrainFactory>();
        SiloRings rings = services.GetRequiredService<SiloRings>();
        var mounts = new SharedMounts(grains, rings, node, time, _log);
        await mounts.JoinAsync(cancellationToken).ConfigureAwait(false);
        _silo = new Silo(
            services, rings, new FileOwners(node.Mounts, rings, grains), new PageFills(node.Member.Name, rings, grains), mounts);
    }

    public async Task LeaveAsync()
    {
        if (_silo is { } silo)
            await silo.Mounts.DisposeAsync().ConfigureAwait(false);
        _silo = null;
        if (_host is null)
            return;
        using var patience = new CancellationTokenSource(LeavePatience, time);
        try
        {
            await _host.StopAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OrleansException or OperationCanceledException or AggregateException or InvalidOperationException)
        {
            LogLeft(e.Message);
        }
        await ((IAsyncDisposable)_host).DisposeAsync().ConfigureAwait(false);
        _host = null;
    }

    /// <summary>The ring's members, each time the membership changes. Waits for nothing but the membership: the ring follows it at once.</summary>
    public async IAsyncEnumerable<IReadOnlyList<RingMember>> FollowAsync(
        IKnownMembers known, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_silo is not { } silo)
            yield break;
        await foreach (SiloRing ring in silo.Rings.FollowAsync(cancellationToken).ConfigureAwait(false))
            yield return ring.Ring.Members;
    }

    public ValueTask<StatusAnswer?> AskOwnerAsync(string node, CachePath path, CancellationToken cancellationToken) =>
        _silo?.Files.AskOwnerAsync(node, path, cancellationToken) ?? default;

    public ValueTask ChangedAsync(CachePath path, bool recursive) => _silo?.Files.ChangedAsync(path, recursive) ?? default;

    public ValueTask<bool> BeginAsync(FileRef file, long page, long expected, CancellationToken cancellationToken) =>
        _silo?.Pages.BeginAsync(file, page, expected, cancellationToken) ?? default;

    public Task<MountsChanged> ChangeMountsAsync(Func<MountRecords, MountRecords> change, CachePath? freed, CancellationToken cancellationToken) =>
        _silo?.Mounts.ChangeAsync(change, freed, cancellationToken)
        ?? throw new CacheException(CacheError.Unavailable, "This node is not a member of its cluster at this moment; try again, or ask another node.");

    public async ValueTask DisposeAsync() => await LeaveAsync().ConfigureAwait(false);

    /// <summary>For tests, which look inside.</summary>
    internal IServiceProvider Services => _host!.Services;

    /// <summary>An empty builder: the usual one reads files and variables that are not ours. Signals are the node's.</summary>
    private IHost BuildHost(GridNode node)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(logs).AddSingleton<IHostLifetime, NoSignals>();
        builder.UseOrleans(silo => SiloSetup.Configure(silo, options, _siloPort, node, time));
        builder.Services.AddSingleton<IFatalErrorHandler>(_death);
        Alter?.Invoke(builder.Services);
        return builder.Build();
    }

    /// <summary>
    /// A silo joins when all that are alive have answered it. Of a cluster that was killed as a whole the membership says for a while that all are alive, and a silo
    /// that tries to join finds out what is stale only as it starts: then it is started again.
    /// </summary>
    private async Task<IHost> StartAsync(GridNode node, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            _death = new SiloDeath();
            IHost host = BuildHost(node);
            try
            {
                await host.StartAsync(cancellationToken).ConfigureAwait(false);
                // The runtime goes on with a start although the others have given the silo up meanwhile.
                if (!_death.Reason.IsCompleted)
                    return host;
                throw new OrleansClusterConnectivityCheckFailedException(await _death.Reason.ConfigureAwait(false));
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                await ((IAsyncDisposable)host).DisposeAsync().ConfigureAwait(false);
                if (attempt == JoinAttempts || e.GetBaseException() is not OrleansClusterConnectivityCheckFailedException)
                    throw new CacheException(CacheError.Unavailable, $"The cluster could not be joined as {Description}: {e.GetBaseException().Message}", e);
                LogJoinAgain(e.GetBaseException().Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silos that the membership calls alive do not answer; trying again to join: {Reason}")]
    private partial void LogJoinAgain(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The silo left in bad order; the others will notice that it is gone: {Reason}")]
    private partial void LogLeft(string reason);

    private sealed record Silo(IServiceProvider Services, SiloRings Rings, FileOwners Files, PageFills Pages, SharedMounts Mounts);

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Gateway.Fuse;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.Rest.Inspecting;
using Orleans.Cache.Gateway.Rest.Mounting;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Silo.Hosting.Grid;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>
/// Runs a node from start to stop.
/// Start: engine (mounts, then the page store's recovery), listener, the grid's silo, ready, banner.
/// Stop, at SIGTERM or SIGINT: readiness turns 503, the grid is left, the listener closes, requests in flight get <see cref="CacheLimits.DrainTimeout"/>
/// to end, fills end, the store writes its snapshot.
/// </summary>
internal sealed class NodeHost(NodeOptions options, TextWriter output)
{
    private readonly CacheLimits _limits = new();
    private readonly RecentLog _recent = new(TimeProvider.System);
    private readonly RestLimits _restLimits = new();
    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>For tests: changes the services of the grid's silo.</summary>
    internal Action<IServiceCollection>? Alter { get; init; }

    /// <exception cref="CacheException">The node could not start, or its cluster has given it up; the message says why.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        RunningNode node = await StartAsync(cancellationToken).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await Banner.WriteAsync(output, options, node, cancellationToken).ConfigureAwait(false);
            await node.EndAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="CacheException">The node could not start; the message says why.</exception>
    internal async Task<RunningNode> StartAsync(CancellationToken cancellationToken)
    {
        var node = new RunningNode { Logs = LoggerFactory.Create(ConfigureLogs) };
        try
        {
            node.Grid = options.Grid is { } how ? GridBuild.Create(how, node.Logs, _time, Alter) : null;
            node.Engine = await Engine.StartAsync(options, node.Grid, _limits, _time, node.Logs.CreateLogger("Orleans.Cache"), cancellationToken).ConfigureAwait(false);
            var health = new NodeHealth(options.Name, _time);
            node.S3 = S3Socket.Bind(options.S3, node.Logs.CreateLogger("Orleans.Cache"));
            node.App = Build(node.Engine, node.Grid, node.S3, health);
            node.App.Lifetime.ApplicationStopping.Register(health.StartDraining);
            await ListenAsync(node.App, cancellationToken).ConfigureAwait(false);
            if (node.Grid is not null)
                await node.Grid.JoinAsync(node.Engine, options, node.Rest, cancellationToken).ConfigureAwait(false);
            health.MarkReady();
            if (node.Engine.Cluster is { } cluster)
                await cluster.StartAsync().ConfigureAwait(false);
            node.Files = await MountAsync(node.Engine, node.Logs).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// An empty builder: the usual one reads appsettings.json from the working directory, which is the user's dataset here, and
    /// variables of ASP.NET that would quietly change where we listen.
    /// </summary>
    private WebApplication Build(Engine engine, IGrid? grid, S3Socket? s3, NodeHealth health)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ConfigureLogs(builder.Logging);
        builder.WebHost.UseKestrelCore()
            .UseInlineScheduling(_restLimits.BacklogWithin(DescriptorBudget.Limit))
            .ConfigureKestrel(kestrel => kestrel.Listen(options.Listen, options.RestPort, listen => listen.UseSendFile(_restLimits.StallTimeout)));
        s3?.Serve(builder, _restLimits.StallTimeout);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = _limits.DrainTimeout);
        // Instances, not factories: the engine, which outlives the web application, disposes of them.
        builder.Services.AddSingleton(engine.Files)
            .AddSingleton(engine.Store)
            .AddSingleton(engine.Counters)
            .AddSingleton(engine.Node)
            .AddSingleton(_limits)
            .AddSingleton(options.Alluxio with { IdDirectory = options.Stores[0].Directory })
            .AddSingleton(options.Prices)
            .AddSingleton<IMountChanges>(engine.MountChanges)
            .AddSingleton(ShownSettings.Of(options))
            .AddSingleton<INodeLog>(_recent)
            .AddSingleton(_time)
            .AddSingleton(health)
            .AddRouting()
            .AddRestGateway(_restLimits)
            .AddNodeTelemetry(options.Name, ExportMetrics(), ExportTraces());
        if (engine.Cluster is { } cluster)
            builder.Services.AddSingleton(cluster);
        if (grid is not null)
            builder.Services.AddSingleton(grid);
        if (options.S3 is { } service && s3 is not null)
        {
            builder.Services.AddS3Gateway(service.Service);
            return builder.Build().UseS3Gateway(s3.Address.Port).MapRestGateway();
        }
        return builder.Build().MapRestGateway();
    }

    /// <summary>What another node owns is asked for there, so its statuses cannot be recalled at once.</summary>
    private async Task<MountedCache?> MountAsync(Engine engine, ILoggerFactory logs)
    {
        if (options.Fuse is not { } how)
            return null;
        CacheMountOptions view = how.View with { RecallsLocally = engine.Cluster is null };
        MountedCache mounted = await MountedCache
            .MountAsync(how.MountPoint, engine.Files, engine.Store, view, how.Options, _time, logs.CreateLogger("Orleans.Cache.Fuse")).ConfigureAwait(false);
        engine.Forgot += mounted.Forget;
        return mounted;
    }

    private async Task ListenAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new CacheException(CacheError.Unavailable,
                $"Port {options.RestPort} of {options.Listen} is taken by another process; give another --rest-port, or 0 for any free one.", e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new CacheException(CacheError.Unavailable, $"Cannot listen on {new IPEndPoint(options.Listen, options.RestPort)}: {e.Message}", e);
        }
    }

    private void ConfigureLogs(ILoggingBuilder logs)
    {
        logs.AddSimpleConsole(format =>
        {
            format.SingleLine = true;
            format.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            format.UseUtcTimestamp = true;
            format.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        logs.AddProvider(_recent.NewProvider());
        // Standard output belongs to the banner.
        logs.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logs.SetMinimumLevel(options.LogLevel);
        logs.AddFilter("Microsoft", options.LogLevel > LogLevel.Warning ? options.LogLevel : LogLevel.Warning);
        // Its messages are one per request, and being enabled makes the server build an activity and a scope for each; failures are
        // logged by the gateway. Traces, where somebody takes them, do not depend on it.
        // The runtime tells of each probe that failed, in many words; who came and went our own lines say.
        logs.AddFilter("Orleans", options.LogLevel < LogLevel.Information ? LogLevel.Information : options.LogLevel > LogLevel.Error ? options.LogLevel : LogLevel.Error);
        logs.AddFilter("Orleans.Cache", options.LogLevel);
        logs.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // What fails at the start is said once, in one line, by Program.
        logs.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }

    private Action<MeterProviderBuilder>? ExportMetrics() =>
        options.Otlp is { } collector ? metrics => metrics.AddOtlpExporter(exporter => SendTo(exporter, collector, "v1/metrics")) : null;

    private Action<TracerProviderBuilder>? ExportTraces() =>
        options.Otlp is { } collector ? traces => traces.AddOtlpExporter(exporter => SendTo(exporter, collector, "v1/traces")) : null;

    /// <summary>Port 4318 is OTLP over HTTP by convention; the exporter wants the full path there. Everything else is gRPC.</summary>
    private static void SendTo(OtlpExporterOptions exporter, Uri collector, string path)
    {
        const int HttpPort = 4318;
        bool http = collector.Port == HttpPort;
        exporter.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = http && collector.AbsolutePath == "/" ? new Uri(collector, path) : collector;
    }
}

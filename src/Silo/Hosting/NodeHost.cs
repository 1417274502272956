using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Gateway.Rest.Inspecting;
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

    /// <exception cref="CacheException">The node could not start; the message says why.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using ILoggerFactory logs = LoggerFactory.Create(ConfigureLogs);
        IGrid? grid = options.Grid is { } how ? GridBuild.Create(how, logs, _time) : null;
        Engine engine = await Engine.StartAsync(options, grid, _limits, _time, logs.CreateLogger("Orleans.Cache"), cancellationToken).ConfigureAwait(false);
        await using (engine.ConfigureAwait(false))
        {
            var health = new NodeHealth(options.Name, _time);
            WebApplication app = Build(engine, health);
            await using (app.ConfigureAwait(false))
            {
                app.Lifetime.ApplicationStopping.Register(health.StartDraining);
                await ListenAsync(app, cancellationToken).ConfigureAwait(false);
                try
                {
                    await ServeAsync(app, engine, grid, health, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    // The cluster is left while requests are still served.
                    if (grid is not null)
                        await grid.DisposeAsync().ConfigureAwait(false);
                }
                await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>From listening until somebody asks the node to stop.</summary>
    /// <exception cref="CacheException">The cluster does not take the node, or has given it up.</exception>
    private async Task ServeAsync(WebApplication app, Engine engine, IGrid? grid, NodeHealth health, CancellationToken cancellationToken)
    {
        var rest = new Uri(app.Urls.First());
        if (grid is not null)
            await grid.JoinAsync(engine, options, rest, cancellationToken).ConfigureAwait(false);
        health.MarkReady();
        if (engine.Cluster is { } cluster)
            await cluster.StartAsync().ConfigureAwait(false);
        await Banner.WriteAsync(output, options, engine, grid, rest, cancellationToken).ConfigureAwait(false);

        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration signal = app.Lifetime.ApplicationStopping.Register(asked.SetResult);
        using CancellationTokenRegistration token = cancellationToken.Register(app.Lifetime.StopApplication);
        Task ended = grid is null ? asked.Task : await Task.WhenAny(asked.Task, grid.GivenUp).ConfigureAwait(false);
        await ended.ConfigureAwait(false);
        if (ended != asked.Task)
            throw new CacheException(CacheError.Unavailable, $"The cluster has given this node up, so it ends; start it again. {await grid!.GivenUp.ConfigureAwait(false)}");
    }

    /// <summary>
    /// An empty builder: the usual one reads appsettings.json from the working directory, which is the user's dataset here, and
    /// variables of ASP.NET that would quietly change where we listen.
    /// </summary>
    private WebApplication Build(Engine engine, NodeHealth health)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ConfigureLogs(builder.Logging);
        builder.WebHost.UseKestrelCore()
            .UseInlineScheduling()
            .ConfigureKestrel(kestrel => kestrel.Listen(options.Listen, options.RestPort, listen => listen.UseSendFile(_restLimits.StallTimeout)));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = _limits.DrainTimeout);
        // Instances, not factories: the engine, which outlives the web application, disposes of them.
        builder.Services.AddSingleton(engine.Files)
            .AddSingleton(engine.Store)
            .AddSingleton(engine.Counters)
            .AddSingleton(engine.Node)
            .AddSingleton(_limits)
            .AddSingleton(options.Alluxio with { IdDirectory = options.Stores[0].Directory })
            .AddSingleton(ShownSettings.Of(options))
            .AddSingleton<INodeLog>(_recent)
            .AddSingleton(_time)
            .AddSingleton(health)
            .AddRouting()
            .AddRestGateway(_restLimits)
            .AddNodeTelemetry(options.Name, ExportMetrics(), ExportTraces());
        if (engine.Cluster is { } cluster)
            builder.Services.AddSingleton(cluster);
        return builder.Build().MapRestGateway();
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
        // The runtime tells of each of its parts; what concerns this node our own lines say.
        logs.AddFilter("Orleans", options.LogLevel < LogLevel.Information ? LogLevel.Information : options.LogLevel > LogLevel.Warning ? options.LogLevel : LogLevel.Warning);
        logs.AddFilter("Orleans.Cache", options.LogLevel);
        // Advice on the garbage collector, which is set as measured, and a comparison with a clock that has not begun.
        logs.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        logs.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
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

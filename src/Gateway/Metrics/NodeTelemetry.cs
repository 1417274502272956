using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Gateway.Metrics;

/// <summary>Telemetry of a node: meters of the engine, the server and the runtime; traces where somebody takes them.</summary>
public static class NodeTelemetry
{
    /// <summary>What a node publishes. The framework's meters and sources are built in; no instrumentation package is needed.</summary>
    private static readonly string[] Meters =
    [
        CacheCounters.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "System.Net.Http",
    ];

    /// <summary>
    /// Counted up and down with every request, which shows in the profile of small cached files. The duration's count and Kestrel's
    /// connections tell how busy a node is.
    /// </summary>
    private static readonly string[] Unheeded = ["http.server.active_requests", "kestrel.queued_requests"];

    private static readonly string[] Sources = [CacheCounters.MeterName, "Microsoft.AspNetCore", "System.Net.Http"];

    /// <summary>
    /// Adds the meter provider behind /metrics, and the tracer provider where <paramref name="traces"/> is given: without
    /// somebody who takes traces, requests are not traced at all.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="nodeName">Sent along as service.instance.id.</param>
    /// <param name="metrics">Adds further exporters, e.g. OTLP.</param>
    /// <param name="traces">Adds exporters of traces, e.g. OTLP.</param>
    public static IServiceCollection AddNodeTelemetry(
        this IServiceCollection services, string nodeName, Action<MeterProviderBuilder>? metrics = null, Action<TracerProviderBuilder>? traces = null)
    {
        ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService("ocache-node", serviceInstanceId: nodeName);
        services.AddSingleton<PrometheusScrape>();
        services.AddSingleton(provider =>
        {
            MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters)
                .AddView(instrument => Unheeded.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : null)
                .AddReader(provider.GetRequiredService<PrometheusScrape>().Reader);
            metrics?.Invoke(builder);
            return builder.Build();
        });
        if (traces is not null)
        {
            services.AddSingleton(_ =>
            {
                TracerProviderBuilder builder = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources);
                traces(builder);
                return builder.Build();
            });
        }
        return services;
    }

    /// <summary>Starts counting and tracing: providers listen from the moment they exist.</summary>
    internal static void Start(IServiceProvider services)
    {
        services.GetRequiredService<MeterProvider>();
        services.GetService<TracerProvider>();
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>
/// The receiving end of OTLP over gRPC as far as names of metrics go: takes every export, decodes the protocol buffers and says
/// yes. Not a collector: what one does with the values is not shown here.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const string Metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

    /// <summary>A gRPC message begins with a flag (0: not compressed) and its length in four bytes.</summary>
    private const int Prefix = 5;

    /// <summary>ExportMetricsServiceRequest.resource_metrics, ResourceMetrics.scope_metrics, ScopeMetrics.metrics, Metric.name.</summary>
    private static readonly int[] MetricName = [1, 2, 2, 1];

    /// <summary>ExportMetricsServiceRequest.resource_metrics, ResourceMetrics.resource, Resource.attributes, KeyValue.value, AnyValue.string_value.</summary>
    private static readonly int[] ResourceValue = [1, 1, 1, 2, 1];

    private readonly WebApplication _app;

    private OtlpReceiver()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(o => o.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.Run(ReceiveAsync);
    }

    public string Url => _app.Urls.Single();

    /// <summary>Names of the metrics that came, each as often as it was exported.</summary>
    public ConcurrentQueue<string> Names { get; } = [];

    /// <summary>Values of the attributes of the resources that sent them.</summary>
    public ConcurrentQueue<string> Resources { get; } = [];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Path == Metrics)
        {
            ReadOnlyMemory<byte> message = body.ToArray().AsMemory(Prefix);
            Collect(message, MetricName, Names);
            Collect(message, ResourceValue, Resources);
        }
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[Prefix]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static void Collect(ReadOnlyMemory<byte> message, ReadOnlySpan<int> path, ConcurrentQueue<string> found)
    {
        while (!message.IsEmpty)
        {
            ulong tag = Varint(ref message);
            ulong length = (tag & 7) switch
            {
                0 => Skipped(Varint(ref message)),
                1 => 8,
                2 => Varint(ref message),
                5 => 4,
                _ => throw new InvalidDataException($"{tag & 7} is not a wire type of protocol buffers."),
            };
            ReadOnlyMemory<byte> value = message[..(int)length];
            message = message[(int)length..];
            if ((tag & 7) != 2 || (int)(tag >> 3) != path[0])
                continue;
            if (path.Length == 1)
                found.Enqueue(Encoding.UTF8.GetString(value.Span));
            else
                Collect(value, path[1..], found);
        }

        static ulong Skipped(ulong _) => 0;
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> message)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message.Span[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }
}

using Microsoft.AspNetCore.Http;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Orleans.Cache.Gateway.Metrics;

/// <summary>
/// GET /metrics: collects all meters now and answers with their text. One scrape at a time, so that the text buffer is one.
/// </summary>
internal sealed class PrometheusScrape : IDisposable
{
    public const string Route = "/metrics";

    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly TextExporter _exporter = new();

    public PrometheusScrape() => Reader = new BaseExportingMetricReader(_exporter);

    /// <summary>To be added to the meter provider, which disposes it.</summary>
    public MetricReader Reader { get; }

    public async Task HandleAsync(HttpContext context)
    {
        string text;
        await _oneAtATime.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            text = Collect();
        }
        finally
        {
            _oneAtATime.Release();
        }
        context.Response.ContentType = ContentType;
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }

    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>Text of all meters now. Not for concurrent use.</summary>
    internal string Collect()
    {
        _exporter.Text.Clear();
        return Reader.Collect() ? _exporter.Text.ToString() : throw new InvalidOperationException("The metrics could not be collected.");
    }

    private sealed class TextExporter : BaseExporter<Metric>
    {
        public PrometheusText Text { get; } = new();

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (Metric metric in batch)
                Text.Append(metric);
            return ExportResult.Success;
        }
    }
}

using System.Diagnostics.Metrics;
using System.Globalization;
using OpenTelemetry.Metrics;
using Orleans.Cache.Gateway.Metrics;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class MetricsTests
{
    [Fact]
    public async Task The_node_publishes_its_meters_as_prometheus_text()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", [1, 2, 3]);
        await host.Client.GetByteArrayAsync("/api/v1/files/data/f");
        using HttpResponseMessage response = await host.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        PrometheusDocument text = PrometheusDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("counter", text.Types["ocache_page_misses_total"]);
        Assert.Equal("counter", text.Types["ocache_cache_read_bytes_total"]);
        Assert.Equal("histogram", text.Types["http_server_request_duration_seconds"]);
        Assert.Equal("gauge", text.Types["kestrel_active_connections"]);
        Assert.Contains("dotnet_gc_collections_total", text.Types.Keys);
        Assert.Contains("dotnet_process_cpu_time_seconds_total", text.Types.Keys);
        Assert.Contains(text.Samples, s => s.Name == "http_server_request_duration_seconds_count" && s.Labels["http_route"] == "/api/v1/files/{**path}" && s.Value >= 1);
    }

    [Fact]
    public void Values_labels_and_buckets_are_read_back_as_they_were_counted()
    {
        using var meter = new Meter("test." + Guid.NewGuid());
        using var scrape = new PrometheusScrape();
        using MeterProvider provider = OpenTelemetry.Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddReader(scrape.Reader)
            .AddView("sizes", new ExplicitBucketHistogramConfiguration { Boundaries = [1, 10] }).Build();
        meter.CreateCounter<long>("things", "{thing}", "Back\\slash and\nnew line.").Add(5, new("quote", "\"q\""), new("path.name", "a\\b\nc"), new("ok", true));
        Histogram<double> sizes = meter.CreateHistogram<double>("sizes", "By");
        foreach (double size in new[] { 0.5, 1, 5, 100 })
            sizes.Record(size);
        UpDownCounter<int> open = meter.CreateUpDownCounter<int>("open");
        open.Add(3);
        open.Add(-5);
        meter.CreateObservableGauge("share", () => 0.25, "1");

        PrometheusDocument text = PrometheusDocument.Parse(scrape.Collect());
        PrometheusSample things = Assert.Single(text.Samples, s => s.Name == "things_total");
        Assert.Equal(5, things.Value);
        Assert.Equal(("\"q\"", "a\\b\nc", "true"), (things.Labels["quote"], things.Labels["path_name"], things.Labels["ok"]));
        Assert.Equal("Back\\slash and\nnew line.", text.Helps["things_total"]);
        Assert.Equal([("1", 2), ("10", 3), ("+Inf", 4)], text.Samples.Where(s => s.Name == "sizes_bytes_bucket").Select(s => (s.Labels["le"], (int)s.Value)));
        Assert.Equal(106.5, Assert.Single(text.Samples, s => s.Name == "sizes_bytes_sum").Value);
        Assert.Equal(4, Assert.Single(text.Samples, s => s.Name == "sizes_bytes_count").Value);
        Assert.Equal(-2, Assert.Single(text.Samples, s => s.Name == "open").Value);
        Assert.Equal(0.25, Assert.Single(text.Samples, s => s.Name == "share_ratio").Value);
    }

    [Theory]
    [InlineData("ocache.cache.read", "By", MetricType.LongSum, "ocache_cache_read_bytes_total")]
    [InlineData("http.server.request.duration", "s", MetricType.Histogram, "http_server_request_duration_seconds")]
    [InlineData("requests_total", "{request}", MetricType.LongSum, "requests_total")]
    [InlineData("fill.seconds", "s", MetricType.DoubleGauge, "fill_seconds")]
    [InlineData("speed", "By/s", MetricType.DoubleGauge, "speed_bytes_per_second")]
    [InlineData("2nd..try", "", MetricType.LongGauge, "_2nd_try")]
    [InlineData("ocache.ufs.read", "By", MetricType.LongSum, "ocache_ufs_read_bytes_total")]
    public void Names_follow_the_convention(string name, string unit, MetricType type, string expected) =>
        Assert.Equal(expected, PrometheusNames.MetricName(name, unit, type));
}

/// <summary>A strict reader of the text format: anything that is not HELP, TYPE or a sample of a typed name fails the test.</summary>
internal sealed class PrometheusDocument
{
    public Dictionary<string, string> Types { get; } = [];

    public Dictionary<string, string> Helps { get; } = [];

    public List<PrometheusSample> Samples { get; } = [];

    public static PrometheusDocument Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var document = new PrometheusDocument();
        foreach (string line in text[..^1].Split('\n'))
        {
            string[] words = line.Split(' ', 4);
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                document.Helps.Add(words[2], Unescape(words[3]));
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                document.Types.Add(words[2], words[3]);
            else
                document.Samples.Add(Sample(line));
        }
        Assert.All(document.Samples, s => Assert.Contains(document.Types.Keys, t => s.Name == t || s.Name == t + "_bucket" || s.Name == t + "_sum" || s.Name == t + "_count"));
        Assert.Equal(document.Samples.Count, document.Samples.Select(s => s.Name + string.Join(',', s.Labels.OrderBy(l => l.Key))).Distinct().Count());
        return document;
    }

    private static PrometheusSample Sample(string line)
    {
        int at = line.IndexOfAny(['{', ' ']);
        string name = line[..at];
        Assert.Matches("^[a-zA-Z_:][a-zA-Z0-9_:]*$", name);
        var labels = new Dictionary<string, string>();
        if (line[at] == '{')
        {
            do
            {
                int equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
                int end = equals + 2;
                while (line[end] != '"')
                    end += line[end] == '\\' ? 2 : 1;
                labels.Add(line[(at + 1)..equals], Unescape(line[(equals + 2)..end]));
                at = end + 1;
            }
            while (line[at] == ',');
            Assert.Equal('}', line[at++]);
        }
        Assert.Equal(' ', line[at]);
        return new PrometheusSample(name, labels, double.Parse(line[(at + 1)..], CultureInfo.InvariantCulture));
    }

    private static string Unescape(string text)
    {
        var result = new System.Text.StringBuilder();
        for (int i = 0; i < text.Length; i++)
            result.Append(text[i] != '\\' ? text[i] : text[++i] switch { 'n' => '\n', char other => other });
        return result.ToString();
    }
}

internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

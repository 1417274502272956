using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Orleans.Cache.Gateway.Metrics;

/// <summary>
/// Writes metrics in Prometheus' text format 0.0.4: HELP and TYPE once per name, one line per series, histograms with
/// cumulative buckets. Exponential histograms have no form in this format and are left out.
/// </summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Forgets what was written, keeps the memory.</summary>
    public void Clear()
    {
        _text.Clear();
        _names.Clear();
    }

    public override string ToString() => _text.ToString();

    /// <summary>Appends a metric. A second one that maps to the same name is left out: a name twice makes the whole text invalid.</summary>
    public void Append(Metric metric)
    {
        if (TypeWord(metric.MetricType) is not { } type)
            return;
        string name = PrometheusNames.MetricName(metric.Name, metric.Unit, metric.MetricType);
        if (!_names.Add(name))
            return;
        if (metric.Description.Length > 0)
            AppendEscaped(_text.Append("# HELP ").Append(name).Append(' '), metric.Description, quotes: false).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
        {
            if (metric.MetricType == MetricType.Histogram)
                AppendHistogram(name, point);
            else
                AppendSample(name, point.Tags, null, Value(metric.MetricType, point));
        }
    }

    /// <summary>Sums that go up and down are gauges to Prometheus.</summary>
    private static string? TypeWord(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic or MetricType.LongGauge or MetricType.DoubleGauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => null,
    };

    private static string Value(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => Number(point.GetSumLong()),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => Number(point.GetSumDouble()),
        MetricType.LongGauge => Number(point.GetGaugeLastValueLong()),
        _ => Number(point.GetGaugeLastValueDouble()),
    };

    private void AppendHistogram(string name, in MetricPoint point)
    {
        long below = 0;
        foreach (HistogramBucket bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            AppendSample(name + "_bucket", point.Tags, Number(bucket.ExplicitBound), Number(below));
        }
        AppendSample(name + "_sum", point.Tags, null, Number(point.GetHistogramSum()));
        AppendSample(name + "_count", point.Tags, null, Number(point.GetHistogramCount()));
    }

    private void AppendSample(string name, in ReadOnlyTagCollection tags, string? bound, string value)
    {
        _text.Append(name);
        char open = '{';
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            _text.Append(open).Append(PrometheusNames.LabelName(tag.Key)).Append("=\"");
            AppendEscaped(_text, Label(tag.Value), quotes: true).Append('"');
            open = ',';
        }
        if (bound is not null)
        {
            _text.Append(open).Append("le=\"").Append(bound).Append('"');
            open = ',';
        }
        if (open == ',')
            _text.Append('}');
        _text.Append(' ').Append(value).Append('\n');
    }

    private static StringBuilder AppendEscaped(StringBuilder to, string text, bool quotes)
    {
        foreach (char c in text)
        {
            _ = c switch
            {
                '\\' => to.Append(@"\\"),
                '\n' => to.Append(@"\n"),
                '"' when quotes => to.Append("\\\""),
                _ => to.Append(c),
            };
        }
        return to;
    }

    private static string Label(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}

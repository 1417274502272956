using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace Orleans.Cache.Gateway.Metrics;

/// <summary>
/// Names by the convention of OpenTelemetry's Prometheus exporters: "http.server.request.duration" in "s" becomes
/// http_server_request_duration_seconds, a counter ends in _total, units in braces are notes and leave no trace.
/// </summary>
internal static class PrometheusNames
{
    private const string Total = "_total";

    public static string MetricName(string name, string unit, MetricType type)
    {
        string result = Sanitise(name, allowColon: true);
        string suffix = UnitWord(unit, type);
        bool counts = IsCounter(type);
        if (counts && result.EndsWith(Total, StringComparison.Ordinal))
            result = result[..^Total.Length];
        if (suffix.Length > 0 && !result.EndsWith('_' + suffix, StringComparison.Ordinal))
            result += '_' + suffix;
        return counts ? result + Total : result;
    }

    public static string LabelName(string key) => Sanitise(key, allowColon: false);

    public static bool IsCounter(MetricType type) => type is MetricType.LongSum or MetricType.DoubleSum;

    /// <summary>Other characters than letters, digits and '_' become one '_'; a leading digit gets one in front.</summary>
    private static string Sanitise(string name, bool allowColon)
    {
        var result = new StringBuilder(name.Length + 1);
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
            result.Append('_');
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || (c == ':' && allowColon))
                result.Append(c);
            else if (result.Length == 0 || result[^1] != '_')
                result.Append('_');
        }
        return result.ToString();
    }

    private static string UnitWord(string unit, MetricType type)
    {
        int slash = unit.IndexOf('/');
        if (slash >= 0)
        {
            string over = Word(unit[..slash]), under = Word(unit[(slash + 1)..]);
            return under.Length == 0 ? over : string.Create(CultureInfo.InvariantCulture, $"{over}{(over.Length > 0 ? "_" : "")}per_{under.TrimEnd('s')}");
        }
        return unit == "1" ? IsCounter(type) ? "" : "ratio" : Word(unit);
    }

    private static string Word(string unit) => unit switch
    {
        "" or "1" => "",
        _ when unit[0] == '{' => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "%" => "percent",
        "Hz" => "hertz",
        "Cel" => "celsius",
        _ => Sanitise(unit, allowColon: false),
    };
}

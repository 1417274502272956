using System.Text.Json;
using System.Text.RegularExpressions;
using Orleans.Cache.Node.Tests.Rest;
using Orleans.Cache.Node.Tests.Sdk;

namespace Orleans.Cache.Node.Tests.Deploy;

/// <summary>The Grafana dashboard of deploy/, and what a node publishes of it.</summary>
internal static partial class Dashboard
{
    /// <summary>Metrics that its panels ask for, by the names that stand behind "# TYPE".</summary>
    public static IReadOnlyCollection<string> Metrics { get; } = [.. Queries().SelectMany(q => Metric().Matches(q)).Select(m => m.Groups[1].Value).Distinct().Order()];

    /// <summary>Those that a node which has served a file does not publish.</summary>
    public static async Task<IReadOnlyCollection<string>> MissingAsync(NodeProcess node)
    {
        PrometheusDocument published = PrometheusDocument.Parse(await node.Http.GetStringAsync("metrics"));
        return [.. Metrics.Where(m => !published.Types.ContainsKey(m))];
    }

    private static IEnumerable<string> Queries()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Repository.Read("deploy/grafana/ocache.json"));
        foreach (JsonElement panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            if (!panel.TryGetProperty("targets", out JsonElement targets))
                continue;
            foreach (JsonElement target in targets.EnumerateArray())
                yield return target.GetProperty("expr").GetString()!;
        }
    }

    /// <summary>A name before its labels, without what histograms add to it.</summary>
    [GeneratedRegex(@"\b((?:ocache|http|dotnet|kestrel)_\w+?)(?:_bucket|_count|_sum)?\{")]
    private static partial Regex Metric();
}

using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.Rest.Targets;

namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>The end of the log.</summary>
internal sealed record LogBody(IReadOnlyList<string> Lines);

/// <summary>GET of what the node runs with and of what it logged.</summary>
internal sealed class NodeEndpoints(NodeSettings settings, INodeLog log, RestLimits limits)
{
    public const string ConfigRoute = "/api/v1/config";

    public const string LogRoute = "/api/v1/log";

    public NodeSettings Config() => settings;

    public LogBody Log(HttpContext context) =>
        new(log.Last(QueryValues.Count(context.Request.QueryString, "lines", limits.DefaultLogLines, limits.MaxLogLines)));
}

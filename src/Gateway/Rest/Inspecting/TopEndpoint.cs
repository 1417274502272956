using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>A file that is opened often.</summary>
internal sealed record HotFileBody(string Path, long Opens);

/// <summary>What the node did: since its process started, and in the time that was watched.</summary>
internal sealed record OperationBody(string Name, long Count, double PerSecond);

/// <summary>What goes on just now.</summary>
internal sealed record TopBody(double Seconds, IReadOnlyList<HotFileBody> Files, IReadOnlyList<OperationBody> Operations);

/// <summary>GET of what is opened most and of what the node does, watched for some seconds.</summary>
internal sealed class TopEndpoint(CacheFileSystem files, CacheCounters counters, RestLimits limits, TimeProvider time)
{
    public const string Route = "/api/v1/top";

    private readonly (string Name, Tally Tally)[] _operations =
    [
        ("hits", counters.Hits), ("misses", counters.Misses), ("bypasses", counters.Bypasses), ("statusHits", counters.StatusHits),
        ("bytesFromCache", counters.BytesFromCache), ("bytesFromFills", counters.BytesFromFills), ("bytesFromUnderStorage", counters.BytesFromUfs),
        ("ufsReads", counters.UfsReads), ("ufsStats", counters.UfsStats), ("ufsLists", counters.UfsLists), ("ufsErrors", counters.UfsErrors),
        ("pagesFilled", counters.PagesFilled), ("fillsRejected", counters.FillsRejected),
    ];

    public async Task<TopBody> HandleAsync(HttpContext context)
    {
        QueryString query = context.Request.QueryString;
        var watched = TimeSpan.FromSeconds(QueryValues.Count(query, "seconds", 1, limits.MaxTopSeconds));
        int limit = QueryValues.Count(query, "limit", limits.DefaultTopFiles, limits.MaxTopFiles);
        long[] before = [.. _operations.Select(o => o.Tally.Value)];
        long started = time.GetTimestamp();
        await Task.Delay(watched, time, context.RequestAborted).ConfigureAwait(false);
        double seconds = time.GetElapsedTime(started).TotalSeconds;
        return new(
            Math.Round(seconds, 3),
            [.. files.HotFiles.Top(limit).Select(f => new HotFileBody(f.Path.Value, f.Opens))],
            [.. _operations.Zip(before, (o, was) => (o.Name, Now: o.Tally.Value, Was: was))
                .Select(o => new OperationBody(o.Name, o.Now, Math.Round((o.Now - o.Was) / seconds, 1)))]);
    }
}

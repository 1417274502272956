using System.CommandLine;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache status: one screen about one node, the verdict first.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("status", "Shows how a node is, the verdict first. Exits with 1 where it is degraded.");
        context.Describe(
            command,
            """{"verdict":"healthy","complaints":[],"url","cache":{the answer of GET /api/v1/cache},"mounts":[those of GET /api/v1/mounts]}""",
            "ocache status", "ocache status --json | jq .cache.hits");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        NodeStatus status = await NodeStatus.AskAsync(call.Node, cancellationToken).ConfigureAwait(false);
        string json = call.IsJson ? JsonSerializer.Serialize(status, AnswerJson.Default.NodeStatus) : "";
        await call.PrintAsync(json, Screen(status), cancellationToken).ConfigureAwait(false);
        return status.Complaints.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    private static IEnumerable<string> Screen(NodeStatus status)
    {
        CacheFigures figures = status.Cache;
        string verdict = status.Complaints.Count == 0 ? Terminal.Good(status.Verdict) : Terminal.Bad(status.Verdict);
        yield return $"{verdict}   {figures.Node} at {status.Url}, up {Text.Uptime(TimeSpan.FromSeconds(figures.UptimeSeconds))}";
        foreach (string complaint in status.Complaints)
            yield return "  " + complaint;
        yield return "Mounts";
        int width = status.Mounts.Select(m => m.Path.Length).DefaultIfEmpty().Max();
        foreach (MountEntry mount in status.Mounts)
            yield return $"  {mount.Path.PadRight(width)}  {mount.Uri}  {mount.Freshness}  {(mount.Writable ? "rw" : "ro")}{(mount.Trouble is { } trouble ? $"  DEAD: {trouble}" : "")}";
        yield return "Stores";
        foreach (StoreFigures store in figures.Stores)
        {
            yield return $"  {store.Directory}  {Text.Size(store.Used)} of {Text.Size(store.Capacity)} ({Text.Percent(store.Used, store.Capacity)}), "
                + $"{Text.Count(store.Pages)} pages of {Text.Count(store.Files)} files, {Text.Count(store.Evictions)} evicted, {Text.Count(store.Healed)} healed";
        }
        foreach (QuotaFigures quota in figures.Quotas ?? [])
            yield return $"Quota     {quota.Mount}  {Text.Size(quota.CachedBytes)} of {Text.Size(quota.QuotaBytes)} ({Text.Percent(quota.CachedBytes, quota.QuotaBytes)})";
        long reads = figures.Hits + figures.Misses + figures.Bypasses;
        yield return $"Reads     {Text.Percent(figures.Hits, reads)} hits ({Text.Count(figures.Hits)} hits, {Text.Count(figures.Misses)} misses, {Text.Count(figures.Bypasses)} bypasses)";
        yield return $"Bytes     {Text.Size(figures.BytesFromCache)} from cache, {Text.Size(figures.BytesFromUnderStorage)} from under storage";
        if (figures.Saved is { } saved)
            yield return $"Saved     {Text.Count(saved.Requests)} requests and {Text.Size(saved.Bytes)} of object stores, worth {Text.Number((double)saved.Money, 4)} at the node's --prices";
        if (figures.Grid is { } grid)
        {
            yield return $"Grid      {grid.Silo}: {Text.Count(grid.Opens)} opens, {Text.Count(grid.Misses)} misses, {Text.Count(grid.FillsBegun)} fills begun, "
                + $"{Text.Count(grid.Activations)} grains alive of {Text.Count(grid.Activated)} made";
        }
        if (figures.UfsErrors > 0)
            yield return $"Errors    {Text.Count(figures.UfsErrors)} requests that under storages failed";
    }
}

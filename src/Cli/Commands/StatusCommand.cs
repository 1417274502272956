using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands;

/// <summary>ocache status: one screen about one node, the verdict first.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("status", "Shows how a node is, the verdict first. Exits with 1 where it is degraded.");
        context.AddExamples(command, "ocache status", "ocache status --json | jq .hits");
        context.SetAction(command, (arguments, node, cancellationToken) => RunAsync(context.IsJson(arguments), node, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool json, NodeClient node, CancellationToken cancellationToken)
    {
        string cache = await node.GetTextAsync(node.Address.Of("api/v1/cache"), cancellationToken).ConfigureAwait(false);
        CacheFigures figures = node.Read(cache, AnswerJson.Default.CacheFigures);
        string mounts = await node.GetTextAsync(node.Address.Of("api/v1/mounts"), cancellationToken).ConfigureAwait(false);
        List<string> complaints = [.. figures.Stores.Where(s => s.OutOfService is not null).Select(s => $"Store {s.Directory} is out of service: {s.OutOfService}")];
        if (await node.GetComplaintAsync(cancellationToken).ConfigureAwait(false) is { } notReady)
            complaints.Add(notReady);

        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
        {
            IEnumerable<string> lines = json ? [cache] : Screen(node, figures, node.Read(mounts, AnswerJson.Default.MountList), complaints);
            foreach (string line in lines)
                await output.WriteLineAsync(line).ConfigureAwait(false);
        }
        return complaints.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    private static IEnumerable<string> Screen(NodeClient node, CacheFigures figures, MountList mounts, List<string> complaints)
    {
        string verdict = complaints.Count == 0 ? "healthy" : "degraded";
        yield return $"{verdict}   {figures.Node} at {node.Address}, up {Text.Uptime(TimeSpan.FromSeconds(figures.UptimeSeconds))}";
        foreach (string complaint in complaints)
            yield return "  " + complaint;
        yield return "Mounts";
        int width = mounts.Mounts.Select(m => m.Path.Length).DefaultIfEmpty().Max();
        foreach (MountEntry mount in mounts.Mounts)
            yield return $"  {mount.Path.PadRight(width)}  {mount.Ufs}  {mount.Freshness}";
        yield return "Stores";
        foreach (StoreFigures store in figures.Stores)
        {
            yield return $"  {store.Directory}  {Text.Size(store.Used)} of {Text.Size(store.Capacity)} ({Text.Percent(store.Used, store.Capacity)}), "
                + $"{Text.Count(store.Pages)} pages of {Text.Count(store.Files)} files, {Text.Count(store.Evictions)} evicted, {Text.Count(store.Healed)} healed";
        }
        long reads = figures.Hits + figures.Misses + figures.Bypasses;
        yield return $"Reads     {Text.Percent(figures.Hits, reads)} hits ({Text.Count(figures.Hits)} hits, {Text.Count(figures.Misses)} misses, {Text.Count(figures.Bypasses)} bypasses)";
        yield return $"Bytes     {Text.Size(figures.BytesFromCache)} from cache, {Text.Size(figures.BytesFromUnderStorage)} from under storage";
        if (figures.UfsErrors > 0)
            yield return $"Errors    {Text.Count(figures.UfsErrors)} requests that under storages failed";
    }
}

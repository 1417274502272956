using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>How a node is: the verdict, what is wrong, and the figures behind it.</summary>
internal sealed record NodeStatus
{
    /// <summary>"healthy" or "degraded".</summary>
    public required string Verdict { get; init; }

    /// <summary>One line for each thing that is wrong; none where it is healthy.</summary>
    public required IReadOnlyList<string> Complaints { get; init; }

    public required string Url { get; init; }

    /// <summary>As GET /api/v1/cache gives them.</summary>
    public required CacheFigures Cache { get; init; }

    /// <summary>As GET /api/v1/mounts gives them.</summary>
    public required IReadOnlyList<MountEntry> Mounts { get; init; }

    /// <summary>Asks a node all of it at once.</summary>
    public static async Task<NodeStatus> AskAsync(NodeClient node, CancellationToken cancellationToken)
    {
        Task<Answer<CacheFigures>> cache = node.AskAsync(node.Address.Of("api/v1/cache"), AnswerJson.Default.CacheFigures, cancellationToken);
        Task<Answer<MountList>> mounts = node.AskAsync(node.Address.Of("api/v1/mounts"), AnswerJson.Default.MountList, cancellationToken);
        Task<string?> complaint = node.GetComplaintAsync(cancellationToken);
        await Task.WhenAll(cache, mounts, complaint).ConfigureAwait(false);
        CacheFigures figures = (await cache.ConfigureAwait(false)).Value;
        List<string> complaints = [.. figures.Stores.Where(s => s.OutOfService is not null).Select(s => $"Store {s.Directory} is out of service: {s.OutOfService}")];
        IReadOnlyList<MountEntry> mounted = (await mounts.ConfigureAwait(false)).Value.Mounts;
        complaints.AddRange(mounted.Where(m => m.Trouble is not null).Select(m => $"Mount {m.Path}: {m.Uri} counts as dead ({m.Trouble}); what is cached is served."));
        if (await complaint.ConfigureAwait(false) is { } notReady)
            complaints.Add(notReady);
        return new NodeStatus
        {
            Verdict = complaints.Count == 0 ? "healthy" : "degraded",
            Complaints = complaints,
            Url = node.Address.ToString(),
            Cache = figures,
            Mounts = mounted,
        };
    }
}

using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Commands.Mounts;

/// <summary>
/// Whether the nodes of a static cluster have the same mounts. Each has a table of its own that is changed at that node; until they agree they do not serve each other.
/// </summary>
internal static class ClusterMounts
{
    /// <summary>A node that takes longer for what it has at hand hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Compares the other nodes' mounts with those of the node that was asked.</summary>
    /// <exception cref="CommandFailedException">Refused: some differ, or could not be asked; the message has a line for each.</exception>
    public static async Task RequireAgreementAsync(NodeClient node, CancellationToken cancellationToken)
    {
        ClusterState cluster = (await node.AskAsync(node.Address.Of("api/v1/cluster"), AnswerJson.Default.ClusterState, cancellationToken).ConfigureAwait(false)).Value;
        MemberState[] others = [.. cluster.Members.Where(m => m.Name != cluster.Node)];
        if (others.Length == 0)
            return;
        string[] wanted = await MountsAsync(node, cancellationToken).ConfigureAwait(false);
        string?[] complaints = await Task.WhenAll(others.Select(m => ComplaintAsync(m, wanted, cancellationToken))).ConfigureAwait(false);
        string[] lines = [.. complaints.OfType<string>()];
        if (lines.Length > 0)
        {
            throw new CommandFailedException(
                ExitCode.Refused,
                $"Done at {cluster.Node}. {lines.Length} of {others.Length} other nodes differ and are not served by it until they have the same mounts; run the same with --url for each:\n"
                + string.Join('\n', lines.Select(l => "  " + l)));
        }
    }

    private static async Task<string?> ComplaintAsync(MemberState member, string[] wanted, CancellationToken cancellationToken)
    {
        using var node = new NodeClient(new NodeAddress(member.Url));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            string[] has = await MountsAsync(node, patience.Token).ConfigureAwait(false);
            string lacks = string.Join(", ", wanted.Except(has)), more = string.Join(", ", has.Except(wanted));
            string[] differences = [.. new[] { lacks.Length > 0 ? $"lacks {lacks}" : "", more.Length > 0 ? $"has {more}" : "" }.Where(d => d.Length > 0)];
            return differences.Length == 0 ? null : $"{member.Name} ({member.Url}) {string.Join(" and ", differences)}";
        }
        catch (CommandFailedException e)
        {
            return $"{member.Name} ({member.Url}) cannot be asked from here: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{member.Name} ({member.Url}) does not answer here within {Patience.TotalSeconds} s";
        }
    }

    /// <summary>What nodes compare, but for replicas and serve-stale, which the list does not tell.</summary>
    private static async Task<string[]> MountsAsync(NodeClient node, CancellationToken cancellationToken)
    {
        MountList mounts = (await node.AskAsync(node.Address.Of(MountCommand.Route), AnswerJson.Default.MountList, cancellationToken).ConfigureAwait(false)).Value;
        return [.. mounts.Mounts.Select(m => $"{m.Path}={m.Uri} ({m.Freshness}, {(m.Writable ? "rw" : "ro")})")];
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache cluster: who belongs to the cluster, who is up, and what each has.</summary>
internal static class ClusterCommand
{
    /// <summary>A node that takes longer for figures it has at hand hangs; the others are shown meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create(CommandContext context)
    {
        var command = new Command("cluster", "Shows the nodes of the cluster: share of the ring, state, version, cached bytes. Exits with 1 where one is down.");
        context.Describe(
            command,
            """{"node":"n1","version":1,"ring","members":[{"name","url","weight":1,"share":0.34,"state":"up","reason","software":"0.1.0","cachedBytes","capacityBytes"}]}""",
            "ocache cluster", "ocache cluster --json | jq -r '.members[] | select(.state == \"down\") | .name'");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        ClusterState seen = (await call.Node.AskAsync(call.Node.Address.Of("api/v1/cluster"), AnswerJson.Default.ClusterState, cancellationToken).ConfigureAwait(false)).Value;
        MemberState[] members = await Task.WhenAll(seen.Members.Select(m => AskAsync(m, cancellationToken))).ConfigureAwait(false);
        ClusterState cluster = seen with { Members = members };
        string json = call.IsJson ? JsonSerializer.Serialize(cluster, AnswerJson.Default.ClusterState) : "";
        await call.PrintAsync(json, Screen(cluster), cancellationToken).ConfigureAwait(false);
        return members.All(m => m.State == "up") ? ExitCode.Ok : ExitCode.Refused;
    }

    /// <summary>Adds what a node says of itself. One that the asked node reaches and this machine does not is up all the same.</summary>
    private static async Task<MemberState> AskAsync(MemberState member, CancellationToken cancellationToken)
    {
        if (member.State != "up")
            return member;
        using var node = new NodeClient(new NodeAddress(member.Url));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            CacheFigures figures = (await node.AskAsync(node.Address.Of("api/v1/cache"), AnswerJson.Default.CacheFigures, patience.Token).ConfigureAwait(false)).Value;
            return member with { Software = figures.Version, CachedBytes = figures.Stores.Sum(s => s.Used), CapacityBytes = figures.Stores.Sum(s => s.Capacity) };
        }
        catch (CommandFailedException e)
        {
            return member with { Reason = $"cannot be asked from here: {e.Message}" };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return member with { Reason = $"does not answer here within {Patience.TotalSeconds} s" };
        }
    }

    private static IEnumerable<string> Screen(ClusterState cluster)
    {
        int down = cluster.Members.Count(m => m.State != "up");
        string verdict = down == 0 ? Terminal.Good("all up") : Terminal.Bad($"{down} down");
        yield return $"{verdict}   {cluster.Members.Count} {(cluster.Members.Count == 1 ? "node" : "nodes")}, ring {cluster.Ring}, as {cluster.Node} sees them";
        foreach (string line in Table.Lines(["NAME", "ADDRESS", ">SHARE", "STATE", "VERSION", ">CACHED", ">OF", "REASON"], [.. cluster.Members.Select(Row)]))
            yield return line;
    }

    private static IReadOnlyList<string> Row(MemberState member) =>
    [
        Text.Name(member.Name), member.Url, string.Create(CultureInfo.InvariantCulture, $"{100 * member.Share:0.0} %"), member.State, member.Software ?? "-",
        SizeOf(member.CachedBytes), SizeOf(member.CapacityBytes), member.Reason ?? "",
    ];

    private static string SizeOf(long? bytes) => bytes is { } known ? Text.Size(known) : "-";
}

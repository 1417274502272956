using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>Nodes that are not configured alike pass each other over, serve what they can by themselves, and say why.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class DisagreementTests : IDisposable
{
    private readonly TemporaryDirectory _files = new(onTmpfs: true);
    private readonly TemporaryDirectory _others = new(onTmpfs: true);

    public DisagreementTests()
    {
        for (int i = 0; i < 10; i++)
        {
            _files.Write($"f{i}", [(byte)i]);
            _others.Write($"f{i}", [(byte)(100 + i)]);
        }
    }

    public void Dispose()
    {
        _files.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task A_node_with_other_mounts_is_passed_over()
    {
        await using NodeCluster cluster = await NodeCluster.StartAsync(3, 3, node => ["--mount", $"/=file://{(node == 2 ? _others : _files).Path}"]);

        await ExpectPassedOverAsync(cluster, by: 0, node: 2, "mount table");
        await ExpectPassedOverAsync(cluster, by: 1, node: 2, "mount table");
        await ExpectPassedOverAsync(cluster, by: 2, node: 0, "mount table");
        await cluster.UntilSeenAsync(1, "up", 0);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal([(byte)i], await cluster[0].GetFileAsync($"/f{i}"));
            Assert.Equal([(byte)i], await cluster[1].GetFileAsync($"/f{i}"));
            Assert.Equal([(byte)(100 + i)], await cluster[2].GetFileAsync($"/f{i}"));
        }
    }

    [Fact]
    public async Task Nodes_whose_names_are_swapped_are_passed_over()
    {
        string[] names = ["n2", "n1", "n3"];
        await using NodeCluster cluster = await NodeCluster.StartAsync(3, 3, node => ["--mount", $"/=file://{_files.Path}", "--name", names[node]]);

        // What answers at n1's address is 'n2', and it says so to everybody; to n3 both are wrong.
        await ExpectPassedOverAsync(cluster, by: 2, node: 0, "calls itself 'n2'");
        await ExpectPassedOverAsync(cluster, by: 2, node: 1, "calls itself 'n1'");
        for (int i = 0; i < 10; i++)
        {
            foreach (NodeProcess node in cluster.Running)
                Assert.Equal([(byte)i], await node.GetFileAsync($"/f{i}"));
        }
    }

    private static async Task ExpectPassedOverAsync(NodeCluster cluster, int by, int node, string reason)
    {
        await NodeProcess.UntilAsync(
            async () => (await NodeCluster.MemberAsync(cluster[by], node)) is var member
                && member.GetProperty("state").GetString() == "down"
                && member.TryGetProperty("reason", out JsonElement said) && said.GetString()!.Contains(reason, StringComparison.Ordinal),
            $"a node that does not pass {NodeCluster.NameOf(node)} over because of '{reason}'");
        await NodeProcess.UntilAsync(
            () => Task.FromResult(cluster[by].Errors.Split('\n').Any(
                line => line.Contains($"Node '{NodeCluster.NameOf(node)}' is passed over", StringComparison.Ordinal) && line.Contains(reason, StringComparison.Ordinal))),
            $"a log that does not say that {NodeCluster.NameOf(node)} is passed over");
    }
}

using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>ocache cluster over three nodes: who is there, what each has, and who is not.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ClusterCommandTests
{
    [Fact]
    public async Task It_shows_every_member_with_its_share_and_what_it_has_and_fails_when_one_is_down()
    {
        using var source = new TemporaryDirectory(onTmpfs: true);
        source.Write("f", new byte[3 * CacheLimits.MiB]);
        await using NodeCluster cluster = await NodeCluster.StartAsync(3, "--mount", $"/=file://{source.Path}");
        await cluster[0].ReadUntilCachedAsync("/f");

        ProgramResult json = await cluster[0].OcacheAsync("cluster", "--json");
        ProgramResult people = await cluster[0].OcacheAsync("cluster");

        Assert.Equal((0, ""), (json.ExitCode, json.Errors));
        JsonElement[] members = Members(json);
        Assert.Equal(["n1", "n2", "n3"], members.Select(m => m.GetProperty("name").GetString()));
        Assert.Equal(cluster.Running.Select(n => n.Rest), members.Select(m => new Uri(m.GetProperty("url").GetString()!)));
        Assert.Equal(1, members.Sum(m => m.GetProperty("share").GetDouble()), 6);
        Assert.All(members, m => Assert.Equal(typeof(CacheLimits).Assembly.GetName().Version!.ToString(3), m.GetProperty("software").GetString()));
        Assert.Equal(3 * CacheLimits.MiB, members.Sum(m => m.GetProperty("cachedBytes").GetInt64()));
        Assert.Equal((0, ""), (people.ExitCode, people.Errors));
        Assert.StartsWith("all up   3 nodes", people.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["NAME", "ADDRESS", "SHARE", "STATE", "VERSION", "CACHED", "OF", "REASON"], people.Lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(5, people.Lines.Length);

        await cluster.KillNodeAsync(1);
        await cluster.UntilSeenAsync(1, "down");
        json = await cluster[0].OcacheAsync("cluster", "--json");
        people = await cluster[0].OcacheAsync("cluster");

        Assert.Equal((1, ""), (json.ExitCode, json.Errors));
        Assert.Equal(["up", "down", "up"], Members(json).Select(m => m.GetProperty("state").GetString()));
        Assert.NotEqual("", Members(json)[1].GetProperty("reason").GetString());
        Assert.False(Members(json)[1].TryGetProperty("cachedBytes", out _));
        Assert.Equal(1, people.ExitCode);
        Assert.StartsWith("1 down   3 nodes", people.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_by_itself_is_a_cluster_of_one()
    {
        using var directory = new TemporaryDirectory(onTmpfs: true);
        directory.Write("source/f", []);
        await using NodeProcess node = await NodeProcess.StartAsync("--name", "alone", "--mount", $"/=file://{directory["source"]}", "--store", $"{directory["store"]}=64MiB");

        ProgramResult result = await node.OcacheAsync("cluster");

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.StartsWith("all up   1 node,", result.Lines[0], StringComparison.Ordinal);
        Assert.Contains("100.0 %", result.Lines[2], StringComparison.Ordinal);
    }

    private static JsonElement[] Members(ProgramResult result) =>
        [.. JsonSerializer.Deserialize<JsonElement>(result.Output).GetProperty("members").EnumerateArray()];
}

using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Mounting;

/// <summary>Mounts added to the nodes of a static cluster one after the other: whoever does it is told who is left, and may do it again.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class ClusterMountTests : IDisposable
{
    private readonly TemporaryDirectory _source = new(onTmpfs: true);

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Who_adds_a_mount_at_one_node_is_told_which_others_lack_it_and_telling_all_again_ends_well()
    {
        _source.Write("base/f", "base"u8);
        _source.Write("more/f", "more"u8);
        await using NodeCluster cluster = await NodeCluster.StartAsync(2, "--mount", $"/={_source["base"]}");
        string mount = $"/m={_source["more"]},mode=immutable";

        ProgramResult first = await cluster[0].OcacheAsync("mount", "add", mount);
        Assert.Equal(1, first.ExitCode);
        Assert.Contains("n2", first.Errors, StringComparison.Ordinal);
        Assert.Contains("lacks /m=", first.Errors, StringComparison.Ordinal);
        Assert.Contains("/m", first.Output, StringComparison.Ordinal);
        // Interrupted here; then for all nodes again.
        ProgramResult again = await cluster[0].OcacheAsync("mount", "add", mount);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("lacks /m=", again.Errors, StringComparison.Ordinal);
        ProgramResult second = await cluster[1].OcacheAsync("mount", "add", mount);
        Assert.Equal((0, ""), (second.ExitCode, second.Errors));
        Assert.Equal(0, (await cluster[0].OcacheAsync("mount", "add", mount)).ExitCode);
        await cluster.UntilTogetherAsync();
        Assert.Equal("more"u8.ToArray(), await cluster[1].GetFileAsync("/m/f"));

        ProgramResult other = await cluster[0].OcacheAsync("mount", "add", $"/m={_source["base"]}");
        Assert.NotEqual(0, other.ExitCode);
        Assert.Contains("is mounted at '/m'", other.Errors, StringComparison.Ordinal);
        ProgramResult removed = await cluster[0].OcacheAsync("mount", "rm", "/m");
        Assert.Equal(1, removed.ExitCode);
        Assert.Contains("has /m=", removed.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await cluster[1].OcacheAsync("mount", "rm", "/m")).ExitCode);
    }
}

using System.Net;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Node.Tests.Mounting;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>Mounts that are added to a running cluster of silos are the cluster's: said to one, there at all, and when they come back.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class GridMountTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private const int Silos = 3;

    private readonly TemporaryDirectory _source = new(onTmpfs: true);

    public void Dispose() => _source.Dispose();

    [GridFact]
    public async Task What_is_added_at_one_silo_is_there_at_all_and_goes_from_all()
    {
        await using NodeCluster cluster = await StartAsync();

        ProgramResult added = await cluster[0].OcacheAsync("mount", "add", $"/m={_source["a"]},mode=immutable");
        Assert.Equal((0, ""), (added.ExitCode, added.Errors));
        await ExpectAsync(cluster, "/m/f", "a");
        // Once more changes nothing; something else is refused, wherever it is asked for; who says so replaces it.
        Assert.Equal(0, (await cluster[1].OcacheAsync("mount", "add", $"/m={_source["a"]},mode=immutable")).ExitCode);
        Assert.Equal(HttpStatusCode.Conflict, await PutAsync(cluster[2], "/m", "b"));
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(cluster[2], "/", "b"));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(cluster[2], "/m?replace=true", "b"));
        await ExpectAsync(cluster, "/m/f", "b");

        ProgramResult removed = await cluster[1].OcacheAsync("mount", "rm", "/m", "--free");
        Assert.Equal((0, ""), (removed.ExitCode, removed.Errors));
        foreach (NodeProcess node in cluster.Running)
            Assert.Equal(HttpStatusCode.NotFound, (await node.Http.GetAsync("api/v1/files/m/f")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await cluster[0].Http.DeleteAsync("api/v1/mounts/m")).StatusCode);
        await cluster.UntilTogetherAsync();
    }

    [GridFact]
    public async Task What_two_add_at_the_same_time_at_two_silos_is_there_at_all()
    {
        await using NodeCluster cluster = await StartAsync();

        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => PutAsync(cluster[i % Silos], $"/many/m{i}", i % 2 == 0 ? "a" : "b")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer));
        for (int i = 0; i < answers.Length; i++)
            await ExpectAsync(cluster, $"/many/m{i}/f", i % 2 == 0 ? "a" : "b");
    }

    [GridFact]
    public async Task A_silo_that_was_away_has_the_clusters_mounts_when_it_is_back_and_so_have_all_after_they_were_stopped()
    {
        await using NodeCluster cluster = await StartAsync();
        Assert.Equal(HttpStatusCode.Created, await PutAsync(cluster[0], "/stays", "a"));
        Assert.Equal(HttpStatusCode.Created, await PutAsync(cluster[0], "/goes", "b"));
        await cluster.KillNodeAsync(2);
        Assert.Equal(HttpStatusCode.Created, await PutAsync(cluster[1], "/late", "b"));
        Assert.Equal(HttpStatusCode.OK, (await cluster[1].Http.DeleteAsync("api/v1/mounts/goes")).StatusCode);
        await cluster.StartNodeAsync(2);

        await ExpectAsync(cluster, "/stays/f", "a");
        await ExpectAsync(cluster, "/late/f", "b");
        Assert.Equal(["/", "/late", "/stays"], await MountsAsync(cluster[2]));
        await cluster.UntilTogetherAsync();

        await Task.WhenAll(Enumerable.Range(0, Silos).Select(cluster.StopNodeAsync));
        await Task.WhenAll(Enumerable.Range(0, Silos).Select(cluster.StartNodeAsync));
        await cluster.UntilTogetherAsync();
        foreach (NodeProcess node in cluster.Running)
            Assert.Equal(["/", "/late", "/stays"], await MountsAsync(node));
        await ExpectAsync(cluster, "/late/f", "b");
    }

    [GridFact]
    public async Task A_mount_that_cannot_be_read_is_added_nowhere()
    {
        await using NodeCluster cluster = await StartAsync();

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(cluster[0], "/m", "not-there"));

        foreach (NodeProcess node in cluster.Running)
            Assert.Equal(["/"], await MountsAsync(node));
    }

    private async Task<NodeCluster> StartAsync()
    {
        _source.Write("base/f", "base"u8);
        _source.Write("a/f", "a"u8);
        _source.Write("b/f", "b"u8);
        return await NodeCluster.StartAsync(postgres.Grid, Silos, "--mount", $"/={_source["base"]}");
    }

    private async Task<HttpStatusCode> PutAsync(NodeProcess node, string path, string directory)
    {
        using HttpResponseMessage answer = await node.PutMountAsync(path, _source[directory], "mode=immutable");
        return answer.StatusCode;
    }

    private static async Task<string[]> MountsAsync(NodeProcess node) =>
        [.. (await node.GetJsonAsync("api/v1/mounts")).GetProperty("mounts").EnumerateArray().Select(m => m.GetProperty("path").GetString()!).Order(StringComparer.Ordinal)];

    private static async Task ExpectAsync(NodeCluster cluster, string path, string content)
    {
        foreach (NodeProcess node in cluster.Running)
            Assert.Equal((node.Rest, path, content), (node.Rest, path, await node.Http.GetStringAsync("api/v1/files" + path)));
    }
}

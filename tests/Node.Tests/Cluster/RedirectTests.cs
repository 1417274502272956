using System.Net;
using System.Net.Http.Headers;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>A client that asks for it is sent to the owner: once, to an address that works, and never in a circle.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class RedirectTests : IAsyncLifetime, IDisposable
{
    private const int Nodes = 3;

    private readonly TemporaryDirectory _source = new(onTmpfs: true);
    private readonly HttpClient _plain = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Programs.Patience };
    private readonly HttpClient _following = new() { Timeout = Programs.Patience, DefaultRequestHeaders = { { "Ocache-Redirect", "1" } } };
    private NodeCluster _cluster = null!;
    private Func<string, int> _ownerOf = null!;

    public async Task InitializeAsync()
    {
        for (int i = 0; i < 30; i++)
            _source.Write($"d/ü + ?&#{i}%41", [(byte)i, 1, 2, 3]);
        _cluster = await NodeCluster.StartAsync(Nodes, "--mount", $"/=file://{_source.Path}");
        _ownerOf = await HopTests.OwnersAsync(_cluster);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public void Dispose()
    {
        _plain.Dispose();
        _following.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task Who_follows_redirects_reads_every_file_without_a_hop_between_nodes()
    {
        for (int i = 0; i < 30; i++)
        {
            string path = $"/d/ü + ?&#{i}%41";
            using HttpResponseMessage answer = await _following.GetAsync(AddressOf(0, path));

            Assert.Equal(new byte[] { (byte)i, 1, 2, 3 }, await answer.Content.ReadAsByteArrayAsync());
            Assert.Equal(_cluster[_ownerOf(path)].Rest.Authority, answer.RequestMessage!.RequestUri!.Authority);
        }
        Assert.Equal(0, await _cluster.SumAsync("ocache_forward_reads_total"));
        Assert.Equal(0, await _cluster.SumAsync("ocache_forward_statuses_total"));
    }

    [Fact]
    public async Task The_address_keeps_path_and_query_and_the_answer_names_the_ring()
    {
        string path = FileOf(owner: 1);
        using HttpResponseMessage answer = await AskAsync(0, path + "?a=b%20c", wish: "1");

        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
        Assert.Equal(0, answer.Content.Headers.ContentLength);
        Assert.Equal($"{_cluster[1].Rest}api/v1/files{NodeProcess.Encode(path)}?a=b%20c&redirected=true", answer.Headers.Location!.OriginalString);
        using HttpResponseMessage served = await _plain.GetAsync(answer.Headers.Location);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.Equal((await _cluster[0].GetJsonAsync("api/v1/cluster")).GetProperty("ring").GetString(), Assert.Single(served.Headers.GetValues("Ocache-Ring")));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("0", "")]
    [InlineData("1", "?redirected=true")]
    public async Task Who_does_not_ask_and_who_was_sent_already_is_served(string? wish, string query)
    {
        using HttpResponseMessage answer = await AskAsync(0, FileOf(owner: 1) + query, wish);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task The_owner_itself_serves()
    {
        using HttpResponseMessage answer = await AskAsync(2, FileOf(owner: 2), wish: "1");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Nobody_is_sent_to_a_node_that_is_down()
    {
        string path = FileOf(owner: 1);
        await _cluster.KillNodeAsync(1);
        await _cluster.UntilSeenAsync(1, "down");

        using HttpResponseMessage answer = await _following.GetAsync(AddressOf(0, path));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>A range is served by the node of its own stripe, which need not be that of the file's beginning.</summary>
    [Theory]
    [InlineData("bytes=268435456-268435465", 1)]
    [InlineData("bytes=268435455-268435465", 0)]
    [InlineData("bytes=-10", 0)]
    [InlineData("bytes=0-0,268435456-268435456", 0)]
    public async Task A_range_is_sent_to_the_owner_of_its_first_byte(string range, long stripe)
    {
        using (FileStream large = File.Create(System.IO.Path.Combine(_source.Path, "large")))
            large.SetLength(300L * CacheLimits.MiB);
        string identity = (await _cluster[0].GetJsonAsync("api/v1/mounts")).GetProperty("mounts")[0].GetProperty("ufs").GetString()!;
        var ring = new HashRing(1, Enumerable.Range(0, Nodes).Select(i => new RingMember(NodeCluster.NameOf(i), _cluster[i].Rest)));
        RingMember owner = ring.Owner(RingKey.Of(new UfsIdentity(identity), "large", stripe))!;
        int other = Enumerable.Range(0, Nodes).First(i => NodeCluster.NameOf(i) != owner.Name);

        using HttpResponseMessage answer = await AskAsync(other, "/large", wish: "1", range);

        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
        Assert.Equal(owner.Address.Authority, answer.Headers.Location!.Authority);
    }

    private string FileOf(int owner) => Enumerable.Range(0, 30).Select(i => $"/d/ü + ?&#{i}%41").First(p => _ownerOf(p) == owner);

    private Uri AddressOf(int node, string path) => new(_cluster[node].Rest, "api/v1/files" + NodeProcess.Encode(path));

    /// <param name="node">Who is asked.</param>
    /// <param name="target">Path, and a query where one follows the last question mark that is none of a name.</param>
    /// <param name="wish">The header; null for none.</param>
    /// <param name="range">Range header.</param>
    private async Task<HttpResponseMessage> AskAsync(int node, string target, string? wish, string? range = null)
    {
        int query = target.IndexOf("%41?", StringComparison.Ordinal);
        string path = query < 0 ? target : target[..(query + 3)];
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(node, path).AbsoluteUri + target[path.Length..]);
        if (wish is not null)
            request.Headers.Add("Ocache-Redirect", wish);
        if (range is not null)
            request.Headers.Range = RangeHeaderValue.Parse(range);
        return await _plain.SendAsync(request);
    }
}

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>The same attacks through Alluxio's dialect, which takes paths as URLs of the under storage too, in queries and not percent-encoded.</summary>
public sealed class HostileDialectTests(HostileNode node) : IClassFixture<HostileNode>
{
    private const string Id = "3de2b54389ad8b8f040300395a13b3d473560ba3b7219715a35818f50e2d96a4";

    /// <summary>{0} is a path or URL as the attacker writes it.</summary>
    private static readonly string[] Templates =
    [
        "GET /v1/files?path={0}", "GET /v1/info?path={0}", "GET /v1/node?path={0}", $"GET /v1/file/{Id}/page/0?ufsFullPath={{0}}",
        $"GET /v1/range/{Id}?ufsFullPath={{0}}&offset=0&length=100", $"GET /v1/chunk/{Id}?ufsFullPath={{0}}&chunkSize=1048576",
        $"GET /v1/head/{Id}?ufsFullPath={{0}}&numOfBytes=1024", $"GET /v1/tail/{Id}?ufsFullPath={{0}}&numOfBytes=1024", "GET /v1/load?path={0}&opType=submit",
        "GET /v1/load?path={0}&opType=progress", $"POST /v1/mkdir/{Id}?ufsFullPath={{0}}", $"POST /v1/touch/{Id}?ufsFullPath={{0}}",
        $"POST /v1/rm/{Id}?ufsFullPath={{0}}&recursive=True", $"POST /v1/mv/{Id}?srcPath={{0}}&dstPath=/rw/stolen", $"POST /v1/mv/{Id}?srcPath=/rw/keep&dstPath={{0}}",
        $"POST /v1/copy/{Id}?srcPath={{0}}&dstPath=/rw/stolen&recursive=True", $"POST /v1/copy/{Id}?srcPath=/rw/keep&dstPath={{0}}", $"POST /v1/chunk/{Id}?ufsFullPath={{0}}",
        $"POST /v1/file/{Id}/page/0?ufsFullPath={{0}}",
    ];

    /// <summary>{0} is a number as the attacker writes it, {1} the file's URL.</summary>
    private static readonly string[] Numbered =
    [
        $"GET /v1/file/{Id}/page/{{0}}?ufsFullPath={{1}}", $"GET /v1/file/{Id}/page/0?ufsFullPath={{1}}&offset={{0}}&length=10",
        $"GET /v1/file/{Id}/page/1?ufsFullPath={{1}}&offset=10&length={{0}}", $"GET /v1/range/{Id}?ufsFullPath={{1}}&offset={{0}}&length=10",
        $"GET /v1/range/{Id}?ufsFullPath={{1}}&offset=10&length={{0}}", $"GET /v1/range/{Id}?ufsFullPath={{1}}&offset={{0}}&length={{0}}",
        $"GET /v1/chunk/{Id}?ufsFullPath={{1}}&chunkSize={{0}}", $"GET /v1/head/{Id}?ufsFullPath={{1}}&numOfBytes={{0}}", $"GET /v1/tail/{Id}?ufsFullPath={{1}}&numOfBytes={{0}}",
        "GET /v1/load?path={1}&opType={0}", $"POST /v1/file/{Id}/page/{{0}}?ufsFullPath={{1}}",
    ];

    [Fact]
    public async Task No_url_and_no_path_reads_or_changes_what_lies_outside()
    {
        string outside = Path.GetFullPath(Path.Combine(node.Inside, "..", "outside", "canary"));
        string[] places =
        [
            $"file://{outside}", outside, $"file:{outside}", $"file://localhost{outside}", $"FILE://{outside}", "file:///etc/passwd", "file:///", "file://", "://", "s3://b/../x",
            $"file://{node.Inside}-evil/x", $"file://{node.Inside}/way-out/canary", $"file://{node.Inside}/canary-link", "/data/way-out/canary", "/data/canary-link",
            .. HostilePathTests.Spellings().SelectMany(s => new[] { $"file://{node.Inside}{s}", $"/data{s}", $"file://{node.Writable}{s}" }),
        ];
        // Each template with another eighth of the places: all of them are the same code behind it, and the suite's time counts.
        await Parallel.ForEachAsync(
            from template in Templates.Index()
            from place in places.Index()
            where place.Index < 15 || (place.Index + template.Index) % 8 == 0
            select template.Item.Replace("{0}", place.Item, StringComparison.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (request, _) => Assert.True((await node.TryAsync(request + " HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n")).Count <= 1));
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task No_number_gives_more_than_the_file_holds()
    {
        foreach (string url in new[] { $"file://{node.Inside}/big", "/data/big" })
        {
            foreach (string number in HostileNumberTests.Numbers)
            {
                foreach (string template in Numbered)
                {
                    string request = template.Replace("{0}", number, StringComparison.Ordinal).Replace("{1}", url, StringComparison.Ordinal);
                    foreach (RawAnswer answer in await node.TryAsync(request + " HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n"))
                        Assert.InRange(answer.Body.Length, 0, HostileNode.BigLength);
                }
            }
        }
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Ids_that_are_none_lead_nowhere()
    {
        string[] ids = ["", "..", "%2e%2e", "%00", "x", new('g', 64), new('0', 64), new('a', 63), new('A', 10_000), "../../outside/canary", "..%2f..%2foutside%2fcanary", "%FF", Id + "/.."];
        foreach (string route in new[] { "file/{0}/page/0", "range/{0}?offset=0&length=1", "chunk/{0}", "head/{0}", "tail/{0}" })
        {
            foreach (string id in ids)
            {
                foreach (RawAnswer answer in await node.TryAsync($"GET /v1/{route.Replace("{0}", id, StringComparison.Ordinal)} HTTP/1.1\r\nHost: node\r\n\r\n"))
                    Assert.InRange(answer.Status, 400, 599);
            }
        }
        await node.AssertUnharmedAsync();
    }
}

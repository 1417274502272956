using System.Text.Json;

namespace Orleans.Cache.Node.Tests.Cli;

/// <summary>--json is an interface: these fields stay. Others may be added.</summary>
[Collection(SharedCliNode.Name)]
public sealed class JsonTests(CliNode served)
{
    public static TheoryData<string, string> Commands => new()
    {
        { "ls /tree/a", "path type length lastModified version" },
        { "stat /big", "path type length lastModified version cachedBytes cachedPercent pageSize pages mount validForSeconds" },
        { "mkdir /json/made", "path type lastModified" },
        { "put {local}/file /json/file", "path type length version" },
        { "mv /json/moved-from /json/moved-to", "path type length version" },
        { "rm /json/gone", "path recursive" },
        { "cp oc:/tree/a/one {local}/one", "files skipped failed bytes resumedBytes seconds errors" },
        { "cp oc:/tree/a/one oc:/json/copied", "from to files directories bytes" },
        { "load /tree --follow", "path state startedAt elapsedSeconds filesFound filesDone filesFailed bytesFound bytesDone bytesLoaded errors" },
        { "free -r --dry-run /tree", "path recursive dryRun freedFiles freedPages freedBytes" },
        { "explain /lines", "path type length version mount status owner pages ranges reasons" },
        { "status", "verdict complaints url cache mounts" },
        { "stats -n 1", "time seconds client.reads client.hits client.bytes underStorage.reads underStorage.bytes underStorage.stats underStorage.writes cache.hits" },
        { "top -n 1", "seconds files operations" },
        { "bench /lines -c 1 -t 0.1", "path files rangeBytes rows" },
        { "doctor", "verdict checks" },
        { "debug --seconds 0 -o {local}/debug.zip", "file bytes entries missing" },
        { "cluster", "node version ring members" },
        { "mount ls", "version mounts" },
        { "config show", "settings" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Fields_stay(string command, string fields)
    {
        served.Local.Write("file", "x"u8);
        served.Source.Write("json/moved-from", "x"u8);
        served.Source.Write("json/gone", "x"u8);
        string[] arguments = command.Replace("{local}", served.Local.Path, StringComparison.Ordinal).Split(' ');

        ProgramResult result = await served.Node.OcacheAsync([.. arguments, "--json"]);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(Assert.Single(result.Lines));
        foreach (string field in fields.Split(' '))
        {
            JsonElement at = json;
            foreach (string name in field.Split('.'))
                Assert.True(at.TryGetProperty(name, out at), $"{command}: {field} is missing in {result.Output}");
        }
    }

    [Fact]
    public async Task A_list_of_jobs_is_an_array()
    {
        ProgramResult loads = await served.Node.OcacheAsync("load", "--json");

        Assert.Equal(JsonValueKind.Array, JsonSerializer.Deserialize<JsonElement>(loads.Output).ValueKind);
    }

    /// <summary>Three ways to one number, read while nothing else goes on.</summary>
    [Fact]
    public async Task The_command_line_the_figures_and_the_metrics_agree()
    {
        await served.Node.ReadUntilCachedAsync("/big");
        await served.Node.GetFileAsync("/lines");

        ProgramResult status = await served.Node.OcacheAsync("status", "--json");
        ProgramResult stats = await served.Node.OcacheAsync("stats", "-n", "1", "--json");
        JsonElement figures = await served.Node.GetJsonAsync("api/v1/cache");

        (string Figure, string Metric)[] same =
        [
            ("hits", "ocache_page_hits_total"), ("misses", "ocache_page_misses_total"), ("bypasses", "ocache_page_bypasses_total"),
            ("bytesFromCache", "ocache_cache_read_bytes_total"), ("bytesFromFills", "ocache_fill_read_bytes_total"),
            ("bytesFromBypasses", "ocache_bypass_read_bytes_total"), ("bytesFromUnderStorage", "ocache_ufs_read_bytes_total"),
            ("ufsReads", "ocache_ufs_reads_total"), ("ufsLists", "ocache_ufs_lists_total"), ("ufsWrites", "ocache_ufs_writes_total"),
            ("bytesToUnderStorage", "ocache_ufs_written_bytes_total"), ("ufsErrors", "ocache_ufs_errors_total"), ("fillsRejected", "ocache_fill_rejected_total"),
        ];
        foreach ((string figure, string metric) in same)
        {
            long expected = figures.GetProperty(figure).GetInt64();
            Assert.Equal((figure, expected), (figure, Cache(status).GetProperty(figure).GetInt64()));
            Assert.Equal((figure, expected), (figure, Cache(stats).GetProperty(figure).GetInt64()));
            Assert.Equal((metric, expected), (metric, (long)await served.Node.GetMetricAsync(metric)));
        }
        Assert.True(figures.GetProperty("bytesFromCache").GetInt64() > 0);
    }

    private static JsonElement Cache(ProgramResult result) => JsonSerializer.Deserialize<JsonElement>(result.Output).GetProperty("cache");
}

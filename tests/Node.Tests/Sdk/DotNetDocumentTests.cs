using System.Text.RegularExpressions;
using Orleans.Cache.Client;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>The blocks of docs/DOTNET.md are those of samples/DotNet or of this class; so they compile, and they run against real nodes.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed partial class DotNetDocumentTests(SdkNodes nodes) : IClassFixture<SdkNodes>
{
    private static readonly string Document = Repository.Read("docs/DOTNET.md");

    [Fact]
    public void Every_block_of_the_document_is_code_that_runs()
    {
        var run = Regions(Repository.Read("samples/DotNet/Program.cs")).Concat(Regions(Repository.Read("tests/Node.Tests/Sdk/DotNetDocumentTests.cs")))
            .ToDictionary(StringComparer.Ordinal);
        var shown = DocumentBlock().Matches(Document).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["code"].Value);

        Assert.Equal(Fence().Count(Document), shown.Count);
        Assert.Equal(run.Keys.Order(StringComparer.Ordinal), shown.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, string code) in shown)
            Assert.Equal(run[name], code);
    }

    [Fact]
    public void Every_option_and_metric_is_in_the_document()
    {
        foreach (string option in typeof(CacheClientOptions).GetProperties().Select(p => p.Name).Where(n => n is not ("Limits" or "EqualityContract")))
            Assert.Contains($"| `{option}` |", Document, StringComparison.Ordinal);
        foreach (string limit in typeof(Client.Nodes.ClientLimits).GetProperties().Select(p => p.Name))
            Assert.Contains($"| `Limits.{limit}` |", Document, StringComparison.Ordinal);
        foreach (Match metric in MetricName().Matches(Repository.Read("src/Client/Telemetry/ClientTelemetry.cs")))
            Assert.Contains($"| `{metric.Groups[1].Value}` |", Document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_block_about_writing_writes()
    {
        Directory.CreateDirectory(Path.Combine(nodes.Source, "written"));
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/data=file://{nodes.Source}/written,rw", "--store", $"{nodes.Source}/pages=64MiB");
        await using CacheClient cache = await CacheClient.ConnectAsync(node.Rest);
        // block: write
        using var content = new MemoryStream("step 1000"u8.ToArray());
        FileStatus written = await cache.CreateAsync("/data/run/latest", content, WriteCondition.IfAbsent);
        content.Position = 0;
        await cache.CreateAsync("/data/run/latest", content, WriteCondition.IfVersion(written.RequireFile().Version));
        await cache.MoveAsync("/data/run/latest", "/data/run/step-1000");
        await cache.DeleteAsync("/data/run", recursive: true);
        // end
        Assert.False(await cache.ExistsAsync("/data/run"));
    }

    [Fact]
    public async Task The_block_about_errors_meets_one()
    {
        await using CacheClient cache = await nodes.ConnectAsync();
        // block: errors
        try
        {
            await using CacheReadStream stream = await cache.OpenReadAsync("/data/no-such-file");
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound)
        {
            Console.WriteLine(e.Message);
        }
        // end
    }

    [Fact]
    public async Task The_block_about_the_under_storage_connects()
    {
        Uri first = nodes.Cluster[0].Rest, second = nodes.Cluster[1].Rest;
        // block: fallback
        var options = new CacheClientOptions
        {
            UnderStorage = identity => UnderStorageFactory.Create(identity.Uri, TimeProvider.System),
        };
        await using CacheClient resilient = await CacheClient.ConnectAsync([first, second], options);
        // end
        Assert.True(await resilient.ExistsAsync("/data/medium"));
    }

    /// <summary>What stands between the marks, without its indentation.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Regions(string source)
    {
        foreach (Match region in Region().Matches(source))
        {
            string[] lines = region.Groups["code"].Value.TrimEnd('\n').Split('\n');
            int indent = lines[0].Length - lines[0].TrimStart().Length;
            yield return new(region.Groups["name"].Value, string.Concat(lines.Select(l => (l.Length > indent ? l[indent..] : "") + "\n")));
        }
    }

    [GeneratedRegex(@"^ +// block: (?<name>\w+)\n(?<code>.*?)^ +// end\n", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Region();

    [GeneratedRegex(@"<!-- block: (?<name>\w+) -->\n```csharp\n(?<code>.*?)```\n", RegexOptions.Singleline)]
    private static partial Regex DocumentBlock();

    [GeneratedRegex("^```csharp", RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex("Meter\\.Create\\w+<long>\\(\"([^\"]+)\"")]
    private static partial Regex MetricName();
}

using System.Text.RegularExpressions;
using Orleans.Cache.Node.Tests.Sdk;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Deploy;

/// <summary>What deploy/ tells Docker and Grafana is what a node knows.</summary>
public sealed partial class DeployTests
{
    [Fact]
    public async Task The_dashboard_shows_what_a_node_publishes()
    {
        using var files = new TemporaryDirectory();
        using var store = new TemporaryDirectory();
        files.Write("f", "f"u8);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/={files.Path}", "--store", $"{store["pages"]}=64MiB");
        await node.GetFileAsync("/f");

        // Grains are of nodes with --cluster only.
        Assert.All(await Dashboard.MissingAsync(node), m => Assert.StartsWith("ocache_grain_", m, StringComparison.Ordinal));
        Assert.Contains("http_server_request_duration_seconds", Dashboard.Metrics);
    }

    [Theory]
    [InlineData("deploy/Dockerfile")]
    [InlineData("deploy/compose.yaml")]
    public void Variables_that_a_container_is_given_are_settings(string file)
    {
        string[] given = [.. Variable().Matches(Repository.Read(file)).Select(m => m.Value).Distinct()];

        Assert.NotEmpty(given);
        Assert.Empty(given.Except(Settings.All.Select(s => s.Variable)));
    }

    [GeneratedRegex("OCACHE_[A-Z_]+")]
    private static partial Regex Variable();
}

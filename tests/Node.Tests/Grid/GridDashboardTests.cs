using Orleans.Cache.Node.Tests.Deploy;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>A silo by itself, without a database: what it publishes.</summary>
public sealed class GridDashboardTests
{
    [Fact]
    public async Task The_dashboard_shows_what_a_silo_publishes()
    {
        using var files = new TemporaryDirectory();
        using var store = new TemporaryDirectory();
        files.Write("f", "f"u8);
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--mount", $"/={files.Path}", "--store", $"{store["pages"]}=64MiB", "--cluster", "localhost", "--silo-port", "0", "--gateway-port", "0");
        await node.GetFileAsync("/f");

        Assert.Empty(await Dashboard.MissingAsync(node));
    }
}

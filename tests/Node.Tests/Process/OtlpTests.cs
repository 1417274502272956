using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Process;

public sealed class OtlpTests
{
    [Fact]
    public async Task Metrics_are_sent_to_the_collector_at_the_latest_when_the_node_stops()
    {
        await using OtlpReceiver receiver = await OtlpReceiver.StartAsync();
        using var files = new TemporaryDirectory();
        using var store = new TemporaryDirectory();
        files.Write("f", "content"u8);
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--mount", $"/={files.Path}", "--store", $"{store["pages"]}=64MiB", "--name", "sender", "--otlp", receiver.Url);
        await node.GetFileAsync("/f");

        Assert.Equal(0, await node.StopAsync());

        foreach (string name in new[] { "ocache.page.misses", "ocache.ufs.read", "ocache.store.used", "http.server.request.duration", "dotnet.gc.collections" })
            Assert.Contains(name, receiver.Names);
        Assert.Contains("sender", receiver.Resources);
    }
}

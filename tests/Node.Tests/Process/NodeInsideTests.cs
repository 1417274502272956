using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>What a real node says of its configuration and its log to whoever reaches its port.</summary>
public sealed class NodeInsideTests
{
    [Fact]
    public async Task Configuration_and_log_are_shown_with_their_origins_and_without_secrets()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["data"]);
        await File.WriteAllTextAsync(directory["node.yaml"], "eviction: lru\n");
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--mount", $"/={directory["data"]},mode=strict", "--store", $"{directory["store"]}=64MiB", "--rest-port", "0", "--name", "looked-into",
            "--config", directory["node.yaml"], "--otlp", "http://someone:opensesame@127.0.0.1:9/v1?key=opensesame", "--log-level", "debug");
        await node.Http.PostAsync("api/v1/load?path=/", null);
        while ((await node.GetJsonAsync("api/v1/load?path=/")).GetProperty("state").GetString() == "RUNNING")
            await Task.Yield();

        JsonElement config = await node.GetJsonAsync("api/v1/config");
        JsonElement log = await node.GetJsonAsync("api/v1/log?lines=1000");
        Assert.DoesNotContain("opensesame", config.GetRawText() + log.GetRawText(), StringComparison.Ordinal);
        Assert.Equal((1, "flag"), (Setting(config, "otlp").GetProperty("values").GetArrayLength(), Setting(config, "otlp").GetProperty("origin").GetString()));
        Assert.Equal("lru", Setting(config, "eviction").GetProperty("values")[0].GetString());
        Assert.Equal("file", Setting(config, "eviction").GetProperty("origin").GetString());
        Assert.Equal("default", Setting(config, "page-size").GetProperty("origin").GetString());
        Assert.Contains(log.GetProperty("lines").EnumerateArray(), l => l.GetString()!.Contains("Loading '/' ended: Succeeded", StringComparison.Ordinal));
        Assert.Equal(1, (await node.GetJsonAsync("api/v1/log?lines=1")).GetProperty("lines").GetArrayLength());
    }

    private static JsonElement Setting(JsonElement config, string name) =>
        config.GetProperty("settings").EnumerateArray().Single(s => s.GetProperty("name").GetString() == name);
}

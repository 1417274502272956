using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>Start, stop and start again of real processes.</summary>
public sealed class LifecycleTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly TemporaryDirectory _store = new();

    public void Dispose()
    {
        _files.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task Pages_survive_a_restart()
    {
        byte[] content = RandomBytes(3 * CacheLimits.MiB + 5);
        _files.Write("data", content);
        await using (NodeProcess first = await StartAsync())
        {
            await first.ReadUntilCachedAsync("/data");
            Assert.Equal(0, await first.StopAsync());
        }

        await using NodeProcess second = await StartAsync();
        JsonElement store = (await second.GetJsonAsync("api/v1/cache")).GetProperty("stores")[0];
        Assert.Equal(4, store.GetProperty("pages").GetInt64());
        Assert.Equal(content, await second.GetFileAsync("/data"));
        Assert.Equal(0, await second.GetFigureAsync("bytesFromUnderStorage"));
        Assert.Equal(content.Length, await second.GetFigureAsync("bytesFromCache"));
        Assert.Contains("4 pages of 1 files there", second.Banner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_node_on_the_same_store_is_refused_in_one_line()
    {
        await using NodeProcess first = await StartAsync();

        ProgramResult second = await NodeProcess.RunAsync(Arguments("--rest-port", "0"));

        Assert.Equal((1, ""), (second.ExitCode, second.Output));
        Assert.StartsWith("ocache-node: ", second.Errors, StringComparison.Ordinal);
        Assert.Contains(_store["pages"], second.Errors, StringComparison.Ordinal);
        Assert.Single(second.Errors.TrimEnd().Split('\n'));
        Assert.Equal(0, await first.StopAsync());
    }

    [Fact]
    public async Task Another_page_size_is_refused_in_one_line_and_the_old_one_finds_its_pages_again()
    {
        byte[] content = RandomBytes(3 * CacheLimits.MiB + 5);
        _files.Write("data", content);
        await using (NodeProcess first = await StartAsync())
        {
            await first.ReadUntilCachedAsync("/data");
            Assert.Equal(0, await first.StopAsync());
        }

        ProgramResult second = await NodeProcess.RunAsync(Arguments("--rest-port", "0", "--page-size", "64KiB"));

        Assert.Equal((1, ""), (second.ExitCode, second.Output));
        Assert.Contains("holds pages of 1048576 bytes and the page size is 65536", second.Errors, StringComparison.Ordinal);
        Assert.Single(second.Errors.TrimEnd().Split('\n'));
        await using NodeProcess third = await StartAsync();
        Assert.Equal(content, await third.GetFileAsync("/data"));
        Assert.Equal(0, await third.GetFigureAsync("bytesFromUnderStorage"));
    }

    [Fact]
    public async Task A_taken_port_is_refused_in_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string port = ((IPEndPoint)other.LocalEndpoint).Port.ToString();

        ProgramResult node = await NodeProcess.RunAsync(Arguments("--rest-port", port));

        Assert.Equal((1, ""), (node.ExitCode, node.Output));
        Assert.Equal($"ocache-node: Port {port} of 127.0.0.1 is taken by another process; give another --rest-port, or 0 for any free one.", node.Errors.TrimEnd());
    }

    [Fact]
    public async Task SIGTERM_lets_a_download_end_and_takes_no_new_one()
    {
        // 8 MiB at 4 MiB/s: two seconds, of which the rest after the first byte is drained.
        byte[] content = RandomBytes(8 * CacheLimits.MiB);
        _files.Write("data", content);
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--mount", $"/={_files.Path},bandwidth=4MiB", "--store", $"{_store["pages"]}=64MiB");
        using HttpResponseMessage download = await node.Http.GetAsync("api/v1/files/data", HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await download.Content.ReadAsStreamAsync();
        byte[] received = new byte[content.Length];
        await body.ReadExactlyAsync(received.AsMemory(0, 1));

        node.Terminate();
        await WaitUntilClosedAsync(node.Rest);

        await body.ReadExactlyAsync(received.AsMemory(1));
        Assert.Equal(content, received);
        Assert.Equal(0, await body.ReadAsync(new byte[1]));
        Assert.Equal(0, await node.WaitForExitAsync());
        Assert.Equal("", node.Errors);
    }

    [Fact]
    public async Task Without_a_mount_the_working_directory_is_served()
    {
        _files.Write("here", "here"u8);
        ProcessStartInfo info = NodeProcess.Info([], new Dictionary<string, string> { ["XDG_CACHE_HOME"] = _store.Path });
        info.WorkingDirectory = _files.Path;

        await using NodeProcess node = await NodeProcess.StartAsync(info);

        Assert.Equal("here"u8.ToArray(), await node.GetFileAsync("/here"));
        Assert.Contains(_store["orleans-cache/pages"], node.Banner, StringComparison.Ordinal);
        Assert.Contains("/api/v1/files/here'", node.Banner, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("node.yaml", "mount:\n  - /=FILES\nstore: STORE=64MiB\nname: from-file\npage-size: 64KiB\n")]
    [InlineData("node.json", "{ \"mount\": [\"/=FILES\"], \"store\": \"STORE=64MiB\", \"name\": \"from-file\", \"page-size\": \"64KiB\" }")]
    public async Task A_switch_counts_before_a_variable_and_a_variable_before_the_file(string name, string text)
    {
        _files.Write("data", RandomBytes(100 * CacheLimits.KiB));
        string file = Path.Combine(_store.Path, name);
        await File.WriteAllTextAsync(file, text.Replace("FILES", _files.Path, StringComparison.Ordinal).Replace("STORE", _store["pages"], StringComparison.Ordinal));
        var environment = new Dictionary<string, string> { ["OCACHE_PAGE_SIZE"] = "128KiB", ["OCACHE_NAME"] = "from-variable" };

        await using NodeProcess node = await NodeProcess.StartAsync(NodeProcess.Info(["--config", file, "--name", "from-switch"], environment));

        Assert.Equal("from-switch", (await node.GetJsonAsync("api/v1/cache")).GetProperty("node").GetString());
        Assert.Equal(128 * CacheLimits.KiB, (await node.GetJsonAsync("api/v1/status/data")).GetProperty("pageSize").GetInt32());
    }

    [Fact]
    public async Task A_refused_configuration_names_every_problem_and_exits_with_2()
    {
        ProgramResult node = await NodeProcess.RunAsync(Arguments("--listen", "0.0.0.0", "--page-size", "3MiB"));

        Assert.Equal((2, ""), (node.ExitCode, node.Output));
        Assert.Collection(
            node.Errors.TrimEnd().Split('\n'),
            line => Assert.Contains("--page-size 3MiB", line, StringComparison.Ordinal),
            line => Assert.Contains("--insecure", line, StringComparison.Ordinal));
    }

    private Task<NodeProcess> StartAsync() => NodeProcess.StartAsync(Arguments());

    private string[] Arguments(params string[] more) => ["--mount", $"/={_files.Path}", "--store", $"{_store["pages"]}=64MiB", .. more];

    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static async Task WaitUntilClosedAsync(Uri address)
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(address.Host, address.Port, patience.Token);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}

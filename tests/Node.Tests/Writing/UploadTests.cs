using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Writing;

/// <summary>A real node, a real directory, real clients: what they upload is what is there, and a client that dies leaves nothing.</summary>
public sealed class UploadTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly TemporaryDirectory _store = new();
    private NodeProcess _node = null!;

    public async Task InitializeAsync() =>
        _node = await NodeProcess.StartAsync("--mount", $"/={_files.Path},mode=immutable,rw", "--store", $"{_store["pages"]}=256MiB");

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose()
    {
        _files.Dispose();
        _store.Dispose();
    }

    [Fact]
    public void The_banner_says_which_mounts_take_writes() => Assert.Contains("immutable, rw", _node.Banner, StringComparison.Ordinal);

    [Fact]
    public async Task Curl_uploads_a_file_and_a_pipe_and_reads_them_back()
    {
        byte[] content = new byte[20 * CacheLimits.MiB + 3];
        new Random(3).NextBytes(content);
        string local = _store["upload"];
        await File.WriteAllBytesAsync(local, content);
        string url = _node.Rest + "api/v1/files/dir/";

        // A body of more than 1 MiB: curl asks first (100-continue). A URL that ends in a slash gets the file's name.
        Assert.Equal("201", (await ShellAsync($"curl -s -o /dev/null -w '%{{http_code}}' -T '{local}' '{url}'")).Output);
        Assert.Equal("201", (await ShellAsync($"cat '{local}' | curl -s -o /dev/null -w '%{{http_code}}' -T - '{url}piped'")).Output);
        Assert.Equal("200", (await ShellAsync($"cat '{local}' | curl -s -o /dev/null -w '%{{http_code}}' -T - '{url}piped'")).Output);

        Assert.Equal(content, await File.ReadAllBytesAsync(_files["dir/upload"]));
        Assert.Equal(content, await _node.GetFileAsync("/dir/upload"));
        Assert.Equal(content, await _node.GetFileAsync("/dir/piped"));
        Assert.Equal(["piped", "upload"], Names("dir"));
    }

    [Fact]
    public async Task A_name_of_255_bytes_is_written_and_one_of_256_is_refused()
    {
        using HttpResponseMessage longest = await PutAsync(new string('n', 255), [1]);
        Assert.Equal(201, (int)longest.StatusCode);
        using HttpResponseMessage longer = await PutAsync(new string('n', 256), [1]);
        Assert.Equal(400, (int)longer.StatusCode);
        using HttpResponseMessage reserved = await PutAsync("d/.ocache-tmp-x", [1]);
        Assert.Equal(400, (int)reserved.StatusCode);
        Assert.Equal([new string('n', 255)], Names(""));
    }

    /// <summary>Immutable: what was cached and believed for ever is replaced all the same.</summary>
    [Fact]
    public async Task What_is_written_is_what_the_next_reader_gets()
    {
        for (int i = 0; i < 20; i++)
        {
            byte[] content = Encoding.ASCII.GetBytes("content " + i);
            (await PutAsync("f", content)).Dispose();
            Assert.Equal(content, await _node.GetFileAsync("/f"));
        }
        Assert.Equal(["f"], Names(""));
    }

    [Theory]
    [InlineData("Content-Length: 1000000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4000\r\n")]
    public async Task A_client_that_dies_in_the_middle_leaves_the_old_file_and_nothing_else(string head)
    {
        _files.Write("old", "old content"u8);
        foreach (string target in (string[])["old", "new", "made/deep/new"])
        {
            using (var client = new TcpClient())
            {
                await client.ConnectAsync(_node.Rest.Host, _node.Rest.Port);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"PUT /api/v1/files/{target} HTTP/1.1\r\nHost: x\r\n{head}" + new string('x', 10_000)));
                await NodeProcess.UntilAsync(() => Task.FromResult(Temporaries().Length > 0), "no temporary file yet");
                client.Client.LingerState = new LingerOption(true, target == "old" ? 0 : 1);
            }
            await NodeProcess.UntilAsync(() => Task.FromResult(Temporaries().Length == 0), "a temporary file");
        }
        Assert.Equal(["old"], Names(""));
        Assert.Equal("old content"u8.ToArray(), await _node.GetFileAsync("/old"));
    }

    /// <summary>Sparse would be quicker, but an upload writes what it gets; tmpfs holds it for a moment.</summary>
    [Fact]
    public async Task A_long_upload_does_not_grow_the_process()
    {
        const long Length = 512L << 20;
        const long Bound = 200L << 20;
        using var memory = new TemporaryDirectory(onTmpfs: true);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/={memory.Path},rw", "--store", $"{_store["other"]}=64MiB");
        using var done = new CancellationTokenSource();
        Task<long> peak = PeakAsync(node, done.Token);

        ProgramResult curl = await ShellAsync($"head -c {Length} /dev/zero | curl -s -o /dev/null -w '%{{http_code}}' -T - '{node.Rest}api/v1/files/big'");
        await done.CancelAsync();

        Assert.Equal("201", curl.Output);
        Assert.Equal(Length, new FileInfo(memory["big"]).Length);
        Assert.InRange(await peak, 1, Bound);
    }

    [MountFact]
    public async Task A_full_disk_is_507_and_leaves_the_old_file()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(4 * CacheLimits.MiB);
        await File.WriteAllTextAsync(disk["f"], "old");
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/={disk.Path},rw", "--store", $"{_store["other"]}=64MiB");

        using HttpResponseMessage full = await node.Http.PutAsync("api/v1/files/f", new ByteArrayContent(new byte[8 * CacheLimits.MiB]));

        Assert.Equal(507, (int)full.StatusCode);
        Assert.Contains("No space", await full.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("old"u8.ToArray(), await node.GetFileAsync("/f"));
        Assert.Equal([disk["f"]], Directory.GetFileSystemEntries(disk.Path));
        using HttpResponseMessage fits = await node.Http.PutAsync("api/v1/files/f", new ByteArrayContent(new byte[CacheLimits.MiB]));
        Assert.Equal(200, (int)fits.StatusCode);
    }

    [MountFact]
    public async Task A_source_that_cannot_be_written_is_403_that_says_why()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(4 * CacheLimits.MiB);
        await File.WriteAllTextAsync(disk["f"], "old");
        Assert.Equal(0, (await ShellAsync($"mount -o remount,ro '{disk.Path}'")).ExitCode);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/={disk.Path},rw", "--store", $"{_store["other"]}=64MiB");

        using HttpResponseMessage put = await node.Http.PutAsync("api/v1/files/f", new ByteArrayContent([1]));
        Assert.Equal(403, (int)put.StatusCode);
        Assert.Contains("mounted read-only", await put.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage delete = await node.Http.DeleteAsync("api/v1/files/f");
        Assert.Equal(403, (int)delete.StatusCode);
        Assert.Equal("old"u8.ToArray(), await node.GetFileAsync("/f"));
    }

    private Task<HttpResponseMessage> PutAsync(string path, byte[] content) => _node.Http.PutAsync("api/v1/files/" + path, new ByteArrayContent(content));

    private string[] Names(string directory) => [.. Directory.EnumerateFileSystemEntries(_files[directory]).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    private string[] Temporaries() => Directory.GetFileSystemEntries(_files.Path, ".ocache-tmp-*", SearchOption.AllDirectories);

    private static Task<ProgramResult> ShellAsync(string command) => Programs.RunAsync(
        new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true });

    private static async Task<long> PeakAsync(NodeProcess node, CancellationToken done)
    {
        long peak = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!done.IsCancellationRequested)
        {
            peak = Math.Max(peak, node.ReadRssAnon());
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        return peak;
    }
}

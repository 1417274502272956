using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Orleans.Cache.Bench.Servers;

/// <summary>The node as users start it: the ocache-node executable, its defaults, one mount, one store.</summary>
internal sealed partial class NodeServer : IServerUnderTest
{
    private readonly Process _process;

    private NodeServer(Process process, Uri rest)
    {
        _process = process;
        Rest = rest;
    }

    public string Name => "node";

    public Uri Rest { get; }

    public IReadOnlyList<int> ProcessIds => [_process.Id];

    public string UrlOf(string relativePath) => $"{Rest}api/v1/files/{relativePath}";

    public static async Task<NodeServer> StartAsync(params string[] arguments)
    {
        string node = Path.Combine(AppContext.BaseDirectory, "ocache-node.dll");
        Process process = Process.Start(new ProcessStartInfo("dotnet", [node, .. arguments.Contains("--rest-port") ? [] : (string[])["--rest-port", "0"], .. arguments]) { RedirectStandardOutput = true })!;
        string? line;
        while ((line = await process.StandardOutput.ReadLineAsync()) is not null)
        {
            Match url = RestUrl().Match(line);
            if (!url.Success)
                continue;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            var server = new NodeServer(process, new Uri(url.Value + "/"));
            await Ready.WaitAsync($"{server.Rest}health/ready");
            return server;
        }
        throw new InvalidOperationException("The node did not start; its last words are above.");
    }

    /// <summary>Drops everything the cache holds, so that the next read is cold.</summary>
    public async Task FreeAllAsync()
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.PostAsync($"{Rest}api/v1/free?path=/&recursive=true", null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Begins to bring in all below a directory.</summary>
    public async Task LoadAsync(string relativePath)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.PostAsync($"{Rest}api/v1/load?path=/{relativePath}", null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Makes the node ask for the file's status, and believe it from now on.</summary>
    public async Task KnowAsync(string relativePath)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, UrlOf(relativePath)));
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Lists a directory of at most 10,000 entries, whose statuses the node believes from then on.</summary>
    public async Task ListAsync(string relativePath)
    {
        using var http = new HttpClient();
        await http.GetByteArrayAsync($"{Rest}api/v1/list/{relativePath}?limit=10000");
    }

    /// <summary>Anonymous resident memory of the process in bytes: what is its own, not the kernel's page cache.</summary>
    public long RssAnon() =>
        long.Parse(File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;

    public async ValueTask DisposeAsync()
    {
        using (Process.Start("kill", ["-TERM", _process.Id.ToString()]))
            await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex RestUrl();
}

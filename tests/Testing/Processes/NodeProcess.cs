using System.Diagnostics;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orleans.Cache.Testing.Processes;

/// <summary>A real node in a process of its own, on any free port; killed at the end unless it was stopped.</summary>
public sealed partial class NodeProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly System.Diagnostics.Process _process;
    private readonly Task _restOfOutput;
    private readonly StringBuilder _errors = new();

    private NodeProcess(System.Diagnostics.Process process, string banner, Task restOfOutput)
    {
        _process = process;
        _restOfOutput = restOfOutput;
        Banner = banner;
        Rest = new Uri(RestUrl().Match(banner).Groups[1].Value + "/");
        Http = new HttpClient(new Obituary(this)) { BaseAddress = Rest, Timeout = Programs.Patience };
    }

    public Uri Rest { get; }

    /// <summary>A client of the node, its address as base.</summary>
    public HttpClient Http { get; }

    public string Banner { get; }

    /// <summary>What it wrote to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Starts a node and waits until it says that it is ready.</summary>
    public static Task<NodeProcess> StartAsync(params string[] arguments) => StartAsync(Info(arguments));

    public static async Task<NodeProcess> StartAsync(ProcessStartInfo info)
    {
        System.Diagnostics.Process process = System.Diagnostics.Process.Start(info)!;
        using var patience = new CancellationTokenSource(Programs.Patience);
        try
        {
            var banner = new StringBuilder();
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                banner.AppendLine(line);
                if (!line.Contains("./ocache", StringComparison.Ordinal))
                    continue;
                var node = new NodeProcess(process, banner.ToString(), process.StandardOutput.ReadToEndAsync());
                process.ErrorDataReceived += node.OnError;
                process.BeginErrorReadLine();
                return node;
            }
            throw new InvalidOperationException("The node did not start: " + banner + await process.StandardError.ReadToEndAsync(patience.Token));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>How a node is started: on any free port, and without S3, unless told otherwise.</summary>
    public static ProcessStartInfo Info(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] given = [.. arguments];
        return Programs.Info("ocache-node", [.. given, .. Unless(given, "--rest-port", "0"), .. Unless(given, "--s3-port", "off")], environment);

        static string[] Unless(string[] given, string name, string value) => given.Contains(name) ? [] : [name, value];
    }

    /// <summary>Runs a node that is expected to end by itself.</summary>
    public static Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync(Programs.Info("ocache-node", arguments));

    /// <summary>Runs the command line against this node.</summary>
    public Task<ProgramResult> OcacheAsync(params string[] arguments) => Programs.RunAsync(Programs.Info("ocache", ["--url", Rest.ToString(), .. arguments]));

    public Task<byte[]> GetFileAsync(string path) => Http.GetByteArrayAsync("api/v1/files" + Encode(path));

    public Task<JsonElement> GetJsonAsync(string route) => Http.GetFromJsonAsync<JsonElement>(route);

    /// <summary>One of the figures of /api/v1/cache.</summary>
    public async Task<long> GetFigureAsync(string name) => (await GetJsonAsync("api/v1/cache")).GetProperty(name).GetInt64();

    /// <summary>
    /// Reads a file until all its pages are kept. Files changed within the last two seconds are not kept, since equal
    /// timestamps do not prove equal bytes so soon; tests that have just written theirs have to outlast that.
    /// </summary>
    public async Task ReadUntilCachedAsync(string path)
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            await GetFileAsync(path);
            JsonElement status = await GetJsonAsync("api/v1/status" + Encode(path));
            if (status.GetProperty("cachedBytes").GetInt64() == status.GetProperty("length").GetInt64())
                return;
        }
        while (await pause.WaitForNextTickAsync(patience.Token));
    }

    /// <summary>Anonymous resident memory in bytes: the process's own, not the kernel's page cache.</summary>
    public long ReadRssAnon() =>
        long.Parse(File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Split(' ')[^2]) * 1024;

    /// <summary>Open descriptors of the process, or those whose target begins so ("socket:").</summary>
    public int CountDescriptors(string target = "")
    {
        int count = 0;
        foreach (string link in Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/fd"))
        {
            // One that was closed since it was listed has no target.
            string? points = target.Length == 0 ? "" : LinkTarget(link);
            count += points?.StartsWith(target, StringComparison.Ordinal) == true ? 1 : 0;
        }
        return count;
    }

    /// <summary>A gauge or counter without labels of /metrics.</summary>
    public async Task<double> GetMetricAsync(string name)
    {
        string text = await Http.GetStringAsync("metrics");
        string line = text.Split('\n').Single(l => l.StartsWith(name, StringComparison.Ordinal) && l[name.Length] is ' ' or '{');
        return double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until something is so; fails with what was waited for.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await isSo())
            Assert.True(!patience.IsCancellationRequested && await pause.WaitForNextTickAsync(CancellationToken.None), $"Still there: {what}.");
    }

    /// <summary>Asks the node to stop, as service managers do.</summary>
    public void Terminate() => Assert.Equal(0, Kill(_process.Id, SigTerm));

    /// <summary>SIGSTOP: the process stands still; its connections stay.</summary>
    public void Freeze() => Assert.Equal(0, Kill(_process.Id, SigStop));

    /// <summary>SIGCONT: it goes on as if nothing had been.</summary>
    public void Thaw() => Assert.Equal(0, Kill(_process.Id, SigCont));

    /// <summary>SIGKILL: the process gets no chance to do anything more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits for the process to end.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        await _process.WaitForExitAsync(patience.Token);
        await _restOfOutput;
        return _process.ExitCode;
    }

    public Task<int> StopAsync()
    {
        Terminate();
        return WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    /// <summary>Each component percent-encoded.</summary>
    public static string Encode(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private void OnError(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return; // The stream has ended.
        lock (_errors)
            _errors.AppendLine(line.Data);
    }

    private static string? LinkTarget(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Of a node that has ended a refused connection says nothing; what it said itself tells why.</summary>
    private sealed class Obituary(NodeProcess node) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e) when (node._process.HasExited)
            {
                throw new HttpRequestException(e.HttpRequestError, $"{e.Message}; the node has ended with {node._process.ExitCode}: {node.Errors}", e);
            }
        }
    }

    [GeneratedRegex(@"REST\s+(http://\S+)")]
    private static partial Regex RestUrl();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orleans.Cache.Testing.Servers;

/// <summary>
/// A real object store in processes of its own, as eng/storage-server.sh starts it: one of each kind for a whole test run. It ends when our
/// end of its standard input does, however we end.
/// </summary>
public sealed class StorageServer
{
    public const string Radosgw = "radosgw";
    public const string S3rver = "s3rver";
    public const string Azurite = "azurite";

    /// <summary>Access key and secret of radosgw and s3rver.</summary>
    public const string Key = "S3RVER";

    private static readonly ConcurrentDictionary<string, Lazy<Task<StorageServer>>> Running = new();

    // Held so that nobody collects it: its standard input is what keeps the server alive.
    private readonly Process _process;

    private StorageServer(Process process, Uri url)
    {
        _process = process;
        Url = url;
    }

    public Uri Url { get; }

    /// <summary>The one of this test run, started by whoever asks first.</summary>
    public static Task<StorageServer> SharedAsync(string kind) =>
        Running.GetOrAdd(kind, k => new(() => StartAsync(k))).Value;

    /// <summary>Null, or why tests that need it cannot run here.</summary>
    public static string? WhyMissing(string kind)
    {
        bool isThere = kind == Radosgw
            ? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, kind)))
            : File.Exists(Path.Combine(Installed, kind == Azurite ? "azurite-blob" : kind));
        return isThere ? null : $"{kind} is not installed here; run eng/storage-servers.sh.";
    }

    private static string Installed => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".cache"),
        "orleans-cache", "storage-servers", "node_modules", ".bin");

    private static async Task<StorageServer> StartAsync(string kind)
    {
        string script = Path.Combine(RepositoryRoot(), "eng", "storage-server.sh");
        Process process = Process.Start(new ProcessStartInfo(script, [kind]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string? line = await process.StandardOutput.ReadLineAsync();
        return line?.Split(' ') is ["ready", { } url]
            ? new StorageServer(process, new Uri(url))
            : throw new InvalidOperationException($"{kind} did not start; what it said is among the test run's output.");
    }

    private static string RepositoryRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.Cache.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException("The tests do not run inside of the repository.");
    }

    /// <summary>For whoever wants it to end before we do.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
    }
}

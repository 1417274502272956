using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orleans.Cache.Testing.Processes;

/// <summary>
/// A real PostgreSQL of its own, empty, on a free port of this machine; gone afterwards. Nothing in it is worth a flush to disk. PostgreSQL
/// refuses to run as root: then it runs as the user that its package made.
/// </summary>
public sealed partial class PostgresServer : IAsyncLifetime
{
    public const string Kind = "postgresql";

    /// <summary>A port is free when it is chosen and may be taken when the server binds it; more often than this in a row is no accident.</summary>
    private const int Attempts = 5;

    /// <summary>A fast shutdown: sessions are ended, not waited for.</summary>
    private const int SigInt = 2;

    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private Process? _server;
    private int _port;

    /// <summary>The folder of the newest version's initdb and postgres; null where there is none. Debian keeps them off the PATH.</summary>
    public static string? Folder { get; } = (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .OrderDescending()
        .Select(version => Path.Combine(version, "bin"))
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));

    /// <summary>Null, or why tests that need it cannot run here; CI installs it, so there nothing excuses its absence.</summary>
    public static string? WhyMissing => Folder is null && Environment.GetEnvironmentVariable("CI") != "true"
        ? "PostgreSQL is not installed: eng/postgresql.sh installs it on Debian."
        : null;

    private string Data => _directory["data"];

    private string Server => $"Host=127.0.0.1;Port={_port};Username=postgres";

    public async Task InitializeAsync()
    {
        if (Folder is null)
            return; // The tests are skipped.
        Directory.CreateDirectory(Data);
        if (Environment.IsPrivilegedProcess)
            await RunAsync(new ProcessStartInfo("chown", ["postgres", Data]));
        await RunAsync(Start("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "--no-sync"));
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            _port = ReservedPorts.Take(1)[0];
            if (await TryStartAsync())
                return;
        }
        throw new InvalidOperationException($"PostgreSQL found no free port in {Attempts} attempts.");
    }

    /// <summary>How nodes are told to meet here; each cluster in a database of its own.</summary>
    public MembershipArguments Grid => async _ => Arguments(await NewDatabaseAsync());

    /// <summary>How a node is told to meet the others in a database.</summary>
    public static string[] Arguments(string connection) => ["--cluster", $"adonet:{connection}", "--silo-port", "0", "--gateway-port", "0"];

    /// <summary>Makes an empty database: its connection string.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        string name = "cache" + Guid.NewGuid().ToString("N");
        await RunAsync(Start("createdb", "-h", "127.0.0.1", "-p", $"{_port}", "-U", "postgres", name));
        return $"{Server};Database={name}";
    }

    /// <summary>Ends it, with all sessions; its data and its port stay.</summary>
    public async Task StopAsync()
    {
        Assert.Equal(0, Kill(_server!.Id, SigInt));
        await _server.WaitForExitAsync();
        _server.Dispose();
        _server = null;
    }

    /// <summary>Starts it again where it was.</summary>
    public async Task StartAsync() => Assert.True(await TryStartAsync(), $"PostgreSQL did not start again on port {_port}.");

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await StopAsync();
        _directory.Dispose();
    }

    private async Task<bool> TryStartAsync()
    {
        ProcessStartInfo info = Start(
            "postgres", "-D", Data, "-h", "127.0.0.1", "-p", $"{_port}", "-k", Data, "-c", "fsync=off", "-c", "max_connections=200", "-c", "logging_collector=off");
        Process server = Process.Start(info)!;
        while (await server.StandardError.ReadLineAsync() is { } line)
        {
            if (!line.Contains("ready to accept connections", StringComparison.Ordinal))
                continue;
            _ = server.StandardError.BaseStream.CopyToAsync(Stream.Null);
            _server = server;
            return true;
        }
        server.Dispose();
        return false;
    }

    /// <summary>setpriv becomes the program: the process that we start is the one that we stop.</summary>
    private static ProcessStartInfo Start(string program, params string[] arguments)
    {
        string full = Path.Combine(Folder!, program);
        ProcessStartInfo info = Environment.IsPrivilegedProcess
            ? new("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", full, .. arguments])
            : new(full, arguments);
        info.WorkingDirectory = "/";
        info.RedirectStandardError = true;
        return info;
    }

    private static async Task RunAsync(ProcessStartInfo info)
    {
        info.RedirectStandardOutput = info.RedirectStandardInput = info.RedirectStandardError = true;
        ProgramResult result = await Programs.RunAsync(info);
        Assert.True(result.ExitCode == 0, $"{info.FileName} {string.Join(' ', info.ArgumentList)}: {result.Errors}");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

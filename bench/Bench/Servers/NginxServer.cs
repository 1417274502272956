using System.Diagnostics;

namespace Orleans.Cache.Bench.Servers;

/// <summary>The baseline: nginx with sendfile over the same files, one worker per core, as its own documentation recommends for static files.</summary>
internal sealed class NginxServer : IServerUnderTest
{
    private readonly string _prefix;
    private readonly Process _process;
    private readonly int _port;

    private NginxServer(string prefix, Process process, int port)
    {
        _prefix = prefix;
        _process = process;
        _port = port;
    }

    public string Name => "nginx";

    public IReadOnlyList<int> ProcessIds => [_process.Id, .. ProcessTree.ChildrenOf(_process.Id)];

    public string UrlOf(string relativePath) => $"http://127.0.0.1:{_port}/{relativePath}";

    public static async Task<NginxServer> StartAsync(string root)
    {
        string prefix = Directory.CreateTempSubdirectory("ocache-bench-nginx-").FullName;
        int port = FreePort.Next();
        await File.WriteAllTextAsync(Path.Combine(prefix, "nginx.conf"), Configuration(prefix, root, port));
        Process process = Process.Start(new ProcessStartInfo("nginx", ["-p", prefix, "-c", "nginx.conf", "-g", "daemon off;"]))
            ?? throw new InvalidOperationException("nginx did not start; install it (Debian: nginx-light).");
        var server = new NginxServer(prefix, process, port);
        await Ready.WaitAsync(server.UrlOf(""));
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_prefix, recursive: true);
    }

    private static string Configuration(string prefix, string root, int port) => $$"""
        user root;
        worker_processes 2;
        pid {{prefix}}/nginx.pid;
        error_log {{prefix}}/error.log;
        events { worker_connections 4096; }
        http {
            access_log off;
            sendfile on;
            tcp_nopush on;
            keepalive_requests 1000000000;
            default_type application/octet-stream;
            server {
                listen 127.0.0.1:{{port}} backlog=4096;
                root {{root}};
                autoindex on;
            }
        }
        """;
}

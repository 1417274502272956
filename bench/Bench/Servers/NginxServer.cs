using System.Diagnostics;

namespace Orleans.Cache.Bench.Servers;

/// <summary>
/// The baseline: nginx with two workers, one for each core of the machines that this is measured on. Over files with sendfile, as its own documentation recommends for static files; or in front of another server, with or without a cache:
/// what a program costs that stands between and does nothing else.
/// </summary>
internal sealed class NginxServer : IServerUnderTest
{
    private const string Passing = "location / { proxy_pass http://upstream; } proxy_http_version 1.1; proxy_set_header Connection \"\"; ";

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

    /// <summary>Serves the files of a directory.</summary>
    public static Task<NginxServer> StartAsync(string root) => StartAsync("", $"root {root}; autoindex on;");

    /// <summary>Passes requests on as they come, also their signatures.</summary>
    /// <param name="upstream">The other server.</param>
    /// <param name="host">Whose name requests are signed for: nginx's own as the client said it, unless given.</param>
    public static Task<NginxServer> StartProxyAsync(Uri upstream, string host = "$http_host") => StartAsync(
        Upstream(upstream), Passing + $"proxy_set_header Host {host}; proxy_request_buffering off; client_max_body_size 0;");

    /// <summary>Keeps what it passes on in a directory. URLs are signed for the other server; one that was signed anew is read anew.</summary>
    public static Task<NginxServer> StartCacheAsync(Uri upstream, string directory) => StartAsync(
        Upstream(upstream) + $"proxy_cache_path {directory} levels=1:2 keys_zone=kept:16m max_size=8g use_temp_path=off;",
        Passing + $"proxy_set_header Host {upstream.Authority}; proxy_cache kept; proxy_cache_key $request_uri; proxy_cache_valid 200 1h;");

    private static string Upstream(Uri upstream) => $"upstream upstream {{ server {upstream.Authority}; keepalive 64; }} ";

    private static async Task<NginxServer> StartAsync(string shared, string serving)
    {
        string prefix = Directory.CreateTempSubdirectory("ocache-bench-nginx-").FullName;
        int port = FreePort.Next();
        await File.WriteAllTextAsync(Path.Combine(prefix, "nginx.conf"), Configuration(prefix, shared, serving, port));
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

    private static string Configuration(string prefix, string shared, string serving, int port) => $$"""
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
            {{shared}}
            server {
                listen 127.0.0.1:{{port}} backlog=4096;
                {{serving}}
            }
        }
        """;
}

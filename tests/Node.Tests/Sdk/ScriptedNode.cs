using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>
/// What a client takes for a node of a cluster, mostly the only one: it describes itself, and answers other requests as the test says. A null answer
/// ends the connection where the answer would have begun, as a process does that is killed.
/// </summary>
internal sealed class ScriptedNode : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, string?> _answer;
    private readonly string _owner;

    /// <param name="answer">To a target.</param>
    /// <param name="owner">Address of another node that is said to own all but a four-thousandth of everything.</param>
    public ScriptedNode(Func<string, string?> answer, Uri? owner = null)
    {
        _answer = answer;
        _owner = owner is null ? "" : $$""",{"name":"n2","url":"{{owner}}","weight":64,"share":1,"state":"up"}""";
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>First lines of the requests that came, those that every client sends left out.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            while (await reader.ReadLineAsync() is { } request)
            {
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                    // Headers; bodies are empty here.
                }
                if (AnswerTo(request) is not { } answer)
                    return;
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n{answer}"));
            }
        }
    }

    private string? AnswerTo(string request)
    {
        string target = request.Split(' ')[1];
        if (target == "/api/v1/peer/ping")
            return """{"name":"n1","state":"ready","mounts":"","ring":""}""";
        if (target == "/api/v1/cluster")
        {
            return $$"""
                {"node":"n1","version":1,"ring":"","pageSize":1048576,"stripeBytes":268435456,"mounts":[{"path":"/","identity":"mem://x"}],
                "members":[{"name":"n1","url":"{{Address}}","weight":0.015625,"share":1,"state":"up"}{{_owner}}]}
                """;
        }
        Requests.Enqueue(request);
        return _answer(target);
    }
}

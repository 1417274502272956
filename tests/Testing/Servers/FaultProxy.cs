using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Cache.Testing.Servers;

/// <summary>
/// Stands in front of a store and does to its answers what networks, proxies and overloaded servers do. Counts what comes. HTTP/1.1, plain; each
/// connection has one of its own to the store.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly Uri _store;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _connections = new();
    private readonly Task _accepting;
    private int _count;

    /// <summary>
    /// Pipes of child processes (nodes, stores) hold a pool thread each while nothing comes; on two cores the pool would be empty, and what we pass on
    /// would wait for seconds until it grows.
    /// </summary>
    static FaultProxy()
    {
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, 32), completions);
    }

    public FaultProxy(Uri store)
    {
        _store = store;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}{store.AbsolutePath}");
        // Not on the test's own few threads: some tests block them.
        _accepting = Task.Run(AcceptAsync);
    }

    public Uri Url { get; }

    /// <summary>What happens to a request; null: nothing.</summary>
    public Func<ProxiedRequest, Fault?> Faults { get; set; } = _ => null;

    /// <summary>Connections are refused as soon as they are made: the store is dead.</summary>
    public bool IsDead { get; set; }

    /// <summary>All requests that came, in order.</summary>
    public ConcurrentQueue<ProxiedRequest> Requests { get; } = new();

    /// <summary>Connections that came, also those that were refused.</summary>
    public int Connections { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (TcpClient connection in _connections.Keys)
            connection.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
            Connections++;
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        _connections[client] = true;
        try
        {
            if (IsDead)
            {
                client.LingerState = new LingerOption(true, 0);
                return;
            }
            using var store = new TcpClient { NoDelay = true };
            client.NoDelay = true;
            await store.ConnectAsync(_store.Host, _store.Port, _stop.Token);
            var fromClient = new HttpPeer(client.GetStream());
            var fromStore = new HttpPeer(store.GetStream());
            while (await fromClient.ReadHeadAsync(_stop.Token) is { } request && !IsDead)
            {
                if (!await AnswerAsync(client, fromClient, fromStore, request))
                    return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One of the two went away.
        }
        finally
        {
            _connections.TryRemove(client, out _);
            client.Dispose();
        }
    }

    /// <summary>False: the connection is over.</summary>
    private async Task<bool> AnswerAsync(TcpClient client, HttpPeer fromClient, HttpPeer fromStore, HttpHead request)
    {
        string[] line = request.FirstLine.Split(' ');
        var seen = new ProxiedRequest(line[0], line[1], Interlocked.Increment(ref _count));
        Requests.Enqueue(seen);
        Fault fault = Faults(seen) ?? new Fault();
        if (fault.Hang)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
        if (fault.ResetAfter == 0)
        {
            client.LingerState = new LingerOption(true, 0);
            return false;
        }
        if (fault.Status is { } status)
        {
            await fromClient.SkipBodyAsync(request, _stop.Token);
            await fromClient.Stream.WriteAsync(Encoding.ASCII.GetBytes(OwnAnswer(seen, status, fault)), _stop.Token);
            return true;
        }
        await fromStore.Stream.WriteAsync(request.ToBytes(), _stop.Token);
        await fromClient.CopyBodyAsync(request, fromStore.Stream, fromClient.Stream, _stop.Token);
        HttpHead answer;
        do
            answer = await fromStore.ReadHeadAsync(_stop.Token) ?? throw new IOException("The store hung up.");
        while (answer.FirstLine.StartsWith("HTTP/1.1 100", StringComparison.Ordinal));
        return await RelayAsync(client, fromStore, answer, seen, fault);
    }

    private async Task<bool> RelayAsync(TcpClient client, HttpPeer fromStore, HttpHead answer, ProxiedRequest request, Fault fault)
    {
        long length = request.Method == "HEAD" ? 0 : answer.ContentLength ?? 0;
        Alter(answer, fault);
        if (fault.FirstByteDelay > TimeSpan.Zero)
            await Task.Delay(fault.FirstByteDelay, TimeProvider.System, _stop.Token);
        NetworkStream to = client.GetStream();
        await to.WriteAsync(answer.ToBytes(), _stop.Token);
        if (answer.IsChunked && request.Method != "HEAD")
        {
            await fromStore.CopyChunksAsync(to, _stop.Token);
            return true;
        }
        long give = Math.Min(length - fault.CutBody, fault.ResetAfter ?? fault.CloseAfter ?? fault.HangAfter ?? long.MaxValue);
        await fromStore.CopyAsync(to, Math.Max(0, give), fault.PieceDelay, _stop.Token);
        if (fault.HangAfter is not null)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
        if (fault.ResetAfter is not null)
            client.LingerState = new LingerOption(true, 0);
        if (fault.ResetAfter is not null || fault.CloseAfter is not null)
            return false;
        await fromStore.CopyAsync(Stream.Null, length - Math.Max(0, give), TimeSpan.Zero, _stop.Token);
        return true;
    }

    private static void Alter(HttpHead answer, Fault fault)
    {
        if (fault.CutBody > 0 && answer.ContentLength is { } length)
            answer["Content-Length"] = Math.Max(0, length - fault.CutBody).ToString();
        if (fault.ETag is { } tag)
            answer["ETag"] = tag.Length == 0 ? null : $"\"{tag}\"";
        if (fault.WrongTotal != 0 && answer["Content-Range"] is { } range)
        {
            int slash = range.IndexOf('/');
            answer["Content-Range"] = $"{range[..slash]}/{long.Parse(range[(slash + 1)..]) + fault.WrongTotal}";
        }
        if (fault.DropRange && answer["Content-Range"] is not null)
        {
            answer["Content-Range"] = null;
            answer.FirstLine = "HTTP/1.1 200 OK";
        }
    }

    private static string OwnAnswer(ProxiedRequest request, int status, Fault fault)
    {
        string body = request.Method == "HEAD" ? "" : $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{fault.Code}</Code><Message>As the test wants it.</Message></Error>";
        string retry = fault.RetryAfter is { } seconds ? $"Retry-After: {seconds}\r\n" : "";
        return $"HTTP/1.1 {status} Fault\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\nx-ms-error-code: {fault.Code}\r\n{retry}\r\n{body}";
    }
}

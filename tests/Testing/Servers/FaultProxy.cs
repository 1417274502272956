using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Cache.Testing.Servers;

/// <summary>
/// Stands in front of a store and does to its answers what networks, proxies and overloaded servers do. Counts what comes. HTTP/1.1, plain; each
/// connection has one of its own to the store.
/// </summary>
public sealed class FaultProxy : LoopbackServer
{
    private readonly Uri _store;
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
        Url = new Uri(Url, store.AbsolutePath);
        Start();
    }

    /// <summary>What happens to a request; null: nothing.</summary>
    public Func<ProxiedRequest, Fault?> Faults { get; set; } = _ => null;

    /// <summary>Connections are refused as soon as they are made: the store is dead.</summary>
    public bool IsDead { get; set; }

    /// <summary>All requests that came, in order.</summary>
    public ConcurrentQueue<ProxiedRequest> Requests { get; } = new();

    protected override async Task ServeAsync(TcpClient client)
    {
        if (IsDead)
        {
            client.LingerState = new LingerOption(true, 0);
            return;
        }
        using var store = new TcpClient { NoDelay = true };
        await store.ConnectAsync(_store.Host, _store.Port, Stopping);
        var fromClient = new HttpPeer(client.GetStream());
        var fromStore = new HttpPeer(store.GetStream());
        while (await fromClient.ReadHeadAsync(Stopping) is { } request && !IsDead)
        {
            if (!await AnswerAsync(client, fromClient, fromStore, request))
                return;
        }
    }

    /// <summary>False: the connection is over.</summary>
    private async Task<bool> AnswerAsync(TcpClient client, HttpPeer fromClient, HttpPeer fromStore, HttpHead request)
    {
        string[] line = request.FirstLine.Split(' ');
        var seen = new ProxiedRequest(line[0], line[1], Interlocked.Increment(ref _count)) { Header = name => request[name] };
        Requests.Enqueue(seen);
        Fault fault = Faults(seen) ?? new Fault();
        if (fault.Hang)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Stopping);
        if (fault.ResetAfter == 0)
        {
            client.LingerState = new LingerOption(true, 0);
            return false;
        }
        if (fault.Status is { } status)
        {
            await fromClient.SkipBodyAsync(request, Stopping);
            await fromClient.Stream.WriteAsync(Encoding.ASCII.GetBytes(OwnAnswer(seen, status, fault)), Stopping);
            return true;
        }
        await fromStore.Stream.WriteAsync(request.ToBytes(), Stopping);
        await fromClient.CopyBodyAsync(request, fromStore.Stream, fromClient.Stream, Stopping, fault.ChangeSent);
        HttpHead answer;
        do
            answer = await fromStore.ReadHeadAsync(Stopping) ?? throw new IOException("The store hung up.");
        while (answer.FirstLine.StartsWith("HTTP/1.1 100", StringComparison.Ordinal));
        return await RelayAsync(client, fromStore, answer, seen, fault);
    }

    private async Task<bool> RelayAsync(TcpClient client, HttpPeer fromStore, HttpHead answer, ProxiedRequest request, Fault fault)
    {
        long length = request.Method == "HEAD" ? 0 : answer.ContentLength ?? 0;
        Alter(answer, fault);
        if (fault.FirstByteDelay > TimeSpan.Zero)
            await Task.Delay(fault.FirstByteDelay, TimeProvider.System, Stopping);
        NetworkStream to = client.GetStream();
        await to.WriteAsync(answer.ToBytes(), Stopping);
        if (answer.IsChunked && request.Method != "HEAD")
        {
            await fromStore.CopyChunksAsync(to, Stopping);
            return true;
        }
        long give = Math.Min(length - fault.CutBody, fault.ResetAfter ?? fault.CloseAfter ?? fault.HangAfter ?? long.MaxValue);
        await fromStore.CopyAsync(to, Math.Max(0, give), fault.PieceDelay, Stopping);
        if (fault.HangAfter is not null)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Stopping);
        if (fault.ResetAfter is not null)
            client.LingerState = new LingerOption(true, 0);
        if (fault.ResetAfter is not null || fault.CloseAfter is not null)
            return false;
        await fromStore.CopyAsync(Stream.Null, length - Math.Max(0, give), TimeSpan.Zero, Stopping);
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

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Orleans.Cache.Testing.Servers;

/// <summary>Takes connections on a free port of this machine until it is disposed of, which ends them all.</summary>
public abstract class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _connections = new();
    private Task _accepting = Task.CompletedTask;
    private int _count;

    protected LoopbackServer()
    {
        Stopping = _stop.Token;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
    }

    public Uri Url { get; protected init; }

    /// <summary>Connections that came.</summary>
    public int Connections => Volatile.Read(ref _count);

    /// <summary>Cancelled when the server ends.</summary>
    protected CancellationToken Stopping { get; }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (TcpClient connection in _connections.Keys)
            connection.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>To be called once the server is ready. Not on the caller's thread: some tests block theirs.</summary>
    protected void Start() => _accepting = Task.Run(AcceptAsync);

    /// <summary>Serves a connection, which is closed when this ends; it may end as one does that breaks off.</summary>
    protected abstract Task ServeAsync(TcpClient client);

    private async Task AcceptAsync()
    {
        while (!Stopping.IsCancellationRequested)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(Stopping);
            Interlocked.Increment(ref _count);
            _ = ServeToEndAsync(client);
        }
    }

    private async Task ServeToEndAsync(TcpClient client)
    {
        _connections[client] = true;
        try
        {
            client.NoDelay = true;
            await ServeAsync(client);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away, or what it was served from, or we do.
        }
        finally
        {
            _connections.TryRemove(client, out _);
            client.Dispose();
        }
    }
}

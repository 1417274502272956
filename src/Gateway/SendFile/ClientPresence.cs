using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// Tells a client that has only ended its sending (shutdown(SHUT_WR), "nc -N") from one that has gone. Kestrel takes either for
/// a client that has gone and drops the answer; so it is given a ConnectionClosed of our own.
/// Order of events: the client's FIN completes the connection's input, after all that came before it, and cancels the transport's
/// ConnectionClosed. Kestrel serves the requests that it has read, finds the end behind them (<see cref="EndLastReader"/>) and closes. Meanwhile
/// - a socket that is not in CLOSE_WAIT was reset: the client is gone;
/// - one that is may also belong to a client that closed both sides: the answer's first bytes are then refused, the writer aborts,
///   and the client is gone;
/// - what is refused never where nothing is sent: a client that acknowledges nothing for the stall timeout is gone too.
/// </summary>
internal sealed class ClientPresence : IDisposable
{
    private readonly ConnectionContext _connection;
    private readonly Socket _socket;
    private readonly TimeSpan _stallTimeout;
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationTokenRegistration _inputEnded;
    private readonly Lock _lock = new();
    private Timer? _stall;
    private ulong _acknowledged;
    private bool _disposed;

    public ClientPresence(ConnectionContext connection, Socket socket, TimeSpan stallTimeout)
    {
        _connection = connection;
        _socket = socket;
        _stallTimeout = stallTimeout;
        CancellationToken closed = connection.ConnectionClosed;
        connection.ConnectionClosed = _gone.Token;
        _inputEnded = closed.UnsafeRegister(static self => ((ClientPresence)self!).OnInputEnded(), this);
    }

    /// <summary>The connection cannot be used any more.</summary>
    public void Abort(ConnectionAbortedException reason)
    {
        _connection.Abort(reason);
        // The transport says so itself, unless its input had ended before.
        if (_inputEnded.Token.IsCancellationRequested)
            Leave();
    }

    public void Dispose()
    {
        _inputEnded.Dispose();
        lock (_lock)
        {
            _disposed = true;
            _stall?.Dispose();
        }
        _gone.Dispose();
    }

    private void OnInputEnded()
    {
        if (!SocketCalls.IsHalfClosed(_socket, out _acknowledged))
        {
            Leave();
            return;
        }
        lock (_lock)
        {
            if (!_disposed)
                _stall = new Timer(static self => ((ClientPresence)self!).OnStallTimeout(), this, _stallTimeout, _stallTimeout);
        }
    }

    private void OnStallTimeout()
    {
        ulong before = _acknowledged;
        if (!SocketCalls.IsHalfClosed(_socket, out _acknowledged) || _acknowledged == before)
            Leave();
    }

    private void Leave()
    {
        lock (_lock)
        {
            _stall?.Dispose();
            if (_disposed)
                return;
        }
        try
        {
            // Outside of the lock: what is registered runs here.
            _gone.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection ended between the two: nobody is left to be told.
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>An address to which connecting takes for ever: its queue is full, and nobody accepts.</summary>
internal sealed class DeafListener : IDisposable
{
    /// <summary>The kernel answers no more of them than the shortest queue holds, which is one or two.</summary>
    private const int Callers = 4;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _callers = [];

    public DeafListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        for (int i = 0; i < Callers; i++)
        {
            var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _callers.Add(caller);
            _ = caller.ConnectAsync(_listener.LocalEndPoint!).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

    public void Dispose()
    {
        _callers.ForEach(c => c.Dispose());
        _listener.Dispose();
    }
}

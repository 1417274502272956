using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>A bare TCP connection: sends what no client library would send, and reads what comes until the other side ends it.</summary>
internal sealed class RawConnection : IDisposable
{
    private static int _sources;

    private readonly Socket _socket;

    private RawConnection(Socket socket) => _socket = socket;

    public static async Task<RawConnection> OpenAsync(Uri node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Each from an address of its own: thousands of connections that have just ended would otherwise use up the ports of one.
            int source = Interlocked.Increment(ref _sources);
            socket.Bind(new IPEndPoint(new IPAddress([127, 1, (byte)(source >> 8), (byte)source]), 0));
            await socket.ConnectAsync(IPAddress.Loopback, node.Port);
            return new RawConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Latin-1: each char is a byte.</summary>
    public Task<bool> SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>False where the node has cut the connection.</summary>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var patience = new CancellationTokenSource(Programs.Patience);
            while (!bytes.IsEmpty)
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, patience.Token)..];
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Says that nothing more will be sent, and goes on listening.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The node was faster and has cut the connection.
        }
    }

    /// <summary>Everything that comes until the node ends the connection, in whichever way; fails where it does not.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        using var received = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await _socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, patience.Token)) > 0)
                received.Write(buffer, 0, count);
        }
        catch (SocketException)
        {
            // A reset: what came before it is what was said.
        }
        return received.ToArray();
    }

    /// <summary>Reads one head of an answer to its empty line, and no byte more.</summary>
    public async Task<byte[]> ReadHeadAsync()
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (head.Count < 4 || !System.Runtime.InteropServices.CollectionsMarshal.AsSpan(head).EndsWith("\r\n\r\n"u8))
        {
            Assert.Equal(1, await _socket.ReceiveAsync(one.AsMemory(), SocketFlags.None, patience.Token));
            head.Add(one[0]);
        }
        return [.. head];
    }

    /// <summary>Reads until so many answers are there whole.</summary>
    public async Task<IReadOnlyList<RawAnswer>> ReadAnswersAsync(int count)
    {
        using var patience = new CancellationTokenSource(Programs.Patience);
        using var received = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        IReadOnlyList<RawAnswer> answers = [];
        while (answers.Count < count || !answers[^1].IsWhole)
        {
            int got = await _socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, patience.Token);
            Assert.NotEqual(0, got);
            received.Write(buffer, 0, got);
            answers = RawAnswer.ParseAll(received.ToArray());
        }
        return answers;
    }

    /// <summary>Ends with a reset instead of a FIN.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>Sends exactly the given bytes and reads until the server closes: for targets that no client library would send.</summary>
internal sealed record RawHttp(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>Status where the connection was cut before the headers were through.</summary>
    public const int Nothing = 0;

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Whether the body is as long as its header promises.</summary>
    public bool IsComplete => Status != Nothing && Body.Length == long.Parse(Headers["Content-Length"], CultureInfo.InvariantCulture);

    public static Task<RawHttp> GetAsync(int port, string target, string headers = "") =>
        SendAsync(port, $"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");

    public static async Task<RawHttp> SendAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received);
        }
        catch (IOException)
        {
            // The server cut the connection: what came until then is the answer.
        }
        return Parse(received.ToArray());
    }

    private static RawHttp Parse(byte[] received)
    {
        int end = received.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return new RawHttp(Nothing, new Dictionary<string, string>(), []);
        string[] lines = Encoding.ASCII.GetString(received, 0, end).Split("\r\n");
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        return new RawHttp(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers, received[(end + 4)..]);
    }
}

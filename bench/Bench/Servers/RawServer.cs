using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Orleans.Cache.Bench.Servers;

/// <summary>
/// The baseline of everything between two processes: a thread for each connection that is told a page's number and sends the page
/// from its memory. No framing, no checks, nothing that a cache needs.
/// </summary>
internal sealed class RawServer : IAsyncDisposable
{
    public const int PageBytes = 1 << 20;

    private readonly Process _process;

    private RawServer(Process process, IPEndPoint address)
    {
        _process = process;
        Address = address;
    }

    public IPEndPoint Address { get; }

    public int ProcessId => _process.Id;

    public static async Task<RawServer> StartAsync(int pages)
    {
        string bench = Path.Combine(AppContext.BaseDirectory, "ocache-bench.dll");
        Process process = Process.Start(new ProcessStartInfo("dotnet", [bench, "raw", "--pages", $"{pages}"]) { RedirectStandardOutput = true })!;
        string port = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The raw server did not start.");
        return new RawServer(process, new IPEndPoint(IPAddress.Loopback, int.Parse(port)));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>What the other process runs, until it is killed.</summary>
    public static void Serve(int pages)
    {
        byte[] memory = new byte[(long)pages * PageBytes];
        new Random(1).NextBytes(memory);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port);
        while (true)
        {
            Socket client = listener.AcceptSocket();
            new Thread(() => Answer(client, memory)) { IsBackground = true }.Start();
        }
    }

    private static void Answer(Socket client, byte[] memory)
    {
        client.NoDelay = true;
        Span<byte> request = stackalloc byte[sizeof(int)];
        while (client.Receive(request) == request.Length)
        {
            ReadOnlySpan<byte> page = memory.AsSpan(BinaryPrimitives.ReadInt32LittleEndian(request) * PageBytes, PageBytes);
            while (!page.IsEmpty)
                page = page[client.Send(page)..];
        }
    }
}

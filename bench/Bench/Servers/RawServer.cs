using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Orleans.Cache.Bench.Servers;

/// <summary>
/// The baseline of everything between two processes: it is told a page's number and sends the page from its memory. No framing, no
/// checks, nothing that a cache needs. A task for each connection, as a server of thousands has; or a thread, which nothing beats while
/// there are few.
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

    public static async Task<RawServer> StartAsync(int pages, bool threads)
    {
        string bench = Path.Combine(AppContext.BaseDirectory, "ocache-bench.dll");
        Process process = Process.Start(new ProcessStartInfo("dotnet", [bench, "raw", "--pages", $"{pages}", "--threads", $"{threads}"]) { RedirectStandardOutput = true })!;
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
    public static void Serve(int pages, bool threads)
    {
        byte[] memory = new byte[(long)pages * PageBytes];
        new Random(1).NextBytes(memory);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port);
        while (true)
        {
            Socket client = listener.AcceptSocket();
            if (threads)
                new Thread(() => Answer(client, memory)) { IsBackground = true }.Start();
            else
                _ = AnswerAsync(client, memory);
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

    private static async Task AnswerAsync(Socket client, byte[] memory)
    {
        client.NoDelay = true;
        byte[] request = new byte[sizeof(int)];
        while (await client.ReceiveAsync(request) == request.Length)
        {
            ReadOnlyMemory<byte> page = memory.AsMemory(BinaryPrimitives.ReadInt32LittleEndian(request) * PageBytes, PageBytes);
            while (!page.IsEmpty)
                page = page[await client.SendAsync(page)..];
        }
    }
}

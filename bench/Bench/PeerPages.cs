using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Bench;

/// <summary>Pages of 1 MiB between two processes: as nodes read them from each other, against a raw socket. Processor time of both ends.</summary>
internal static class PeerPages
{
    private const int Pages = 64;

    public static async Task RunAsync(int rounds, double seconds)
    {
        using var data = new Workspace();
        data.WriteSourceFile("pages", (long)Pages * RawServer.PageBytes);
        Workspace.LetVersionsSettle();
        await using NodeServer node = await NodeServer.StartAsync("--mount", $"/=file://{data.Source},mode=immutable", "--store", $"{data.Store}=1GiB");
        await Curl.GetAsync(node.UrlOf("pages"));
        await using RawServer tasks = await RawServer.StartAsync(Pages, threads: false);
        await using RawServer threads = await RawServer.StartAsync(Pages, threads: true);
        using var transport = new PeerTransport(new ClientLimits(), TimeProvider.System);
        using var peer = new HttpNode(new RingMember("node", node.Rest), RawServer.PageBytes, transport, _ => null);
        FileRef file = await FileAsync(peer);

        Table byTasks = await CompareAsync("raw, tasks", i => ReadRawAsync(tasks, i.Number, i.Until), tasks.ProcessId);
        Table byThreads = await CompareAsync("raw, threads", i => Task.Run(() => ReadRaw(threads, i.Number, i.Until)), threads.ProcessId);
        byTasks.Print();
        byThreads.Print();

        async Task<Table> CompareAsync(string name, Func<(int Number, long Until), Task<long>> readRaw, int server)
        {
            Table table = Comparison.NewTable(name);
            foreach (int readers in (int[])[1, 2, 8])
            {
                foreach (int pages in (int[])[1, 16])
                {
                    Task<LoadResult> Raw(double length) => RunAsync(readers, length, server, (number, until) => readRaw((number, until)));
                    Task<LoadResult> Peer(double length) => RunAsync(readers, length, node.ProcessIds[0], (number, until) => ReadPeerAsync(peer, file, pages, number, until));
                    await Raw(0.5);
                    await Peer(0.5);
                    var comparison = new Comparison();
                    await comparison.RunAsync(rounds, () => Raw(seconds), () => Peer(seconds));
                    comparison.AddTo(table, $"{readers} readers, {pages} pages a request");
                }
            }
            return table;
        }
    }

    private static async Task<FileRef> FileAsync(HttpNode peer) =>
        (await peer.GetStatusAsync(CachePath.Parse("/pages"), StatusWish.Nothing, CancellationToken.None)).Status!.RequireFile();

    /// <summary>Bytes that readers bring until the time is over, and what both processes spent on it.</summary>
    private static async Task<LoadResult> RunAsync(int readers, double seconds, int server, Func<int, long, Task<long>> read)
    {
        int[] processes = [server, Environment.ProcessId];
        double cpu = ProcessTree.CpuSeconds(processes);
        long start = Stopwatch.GetTimestamp();
        long until = start + (long)(seconds * Stopwatch.Frequency);
        long[] bytes = await Task.WhenAll(Enumerable.Range(0, readers).Select(i => Task.Run(() => read(i, until))));
        double took = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new LoadResult(took, bytes.Sum(), bytes.Sum() / (double)RawServer.PageBytes, ProcessTree.CpuSeconds(processes) - cpu);
    }

    private static async Task<long> ReadRawAsync(RawServer raw, int number, long until)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(raw.Address);
        byte[] page = GC.AllocateUninitializedArray<byte>(RawServer.PageBytes);
        byte[] request = new byte[sizeof(int)];
        long total = 0;
        for (int i = number * 7; Stopwatch.GetTimestamp() < until; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(request, i % Pages);
            await socket.SendAsync(request);
            for (int read = 0; read < page.Length;)
                read += await socket.ReceiveAsync(page.AsMemory(read));
            total += page.Length;
        }
        return total;
    }

    private static long ReadRaw(RawServer raw, int number, long until)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(raw.Address);
        byte[] page = GC.AllocateUninitializedArray<byte>(RawServer.PageBytes);
        Span<byte> request = stackalloc byte[sizeof(int)];
        long total = 0;
        for (int i = number * 7; Stopwatch.GetTimestamp() < until; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(request, i % Pages);
            socket.Send(request);
            for (int read = 0; read < page.Length;)
                read += socket.Receive(page.AsSpan(read));
            total += page.Length;
        }
        return total;
    }

    private static async Task<long> ReadPeerAsync(HttpNode peer, FileRef file, int pages, int number, long until)
    {
        byte[] page = GC.AllocateUninitializedArray<byte>(RawServer.PageBytes);
        long total = 0;
        for (int i = number * 7; Stopwatch.GetTimestamp() < until; i += pages)
        {
            long offset = (long)(i % (Pages - pages + 1)) * page.Length;
            await using IRangeReader range = peer.TryOpenRange(file, offset, (long)pages * page.Length)!;
            int read;
            while ((read = await range.ReadAsync(page, CancellationToken.None)) > 0)
                total += read;
        }
        return total;
    }
}

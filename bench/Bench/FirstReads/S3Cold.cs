using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.FirstReads;

/// <summary>First reads from a real object store through a node, against the same SDK that the node uses, reading directly.</summary>
internal static class S3Cold
{
    /// <summary>The mount behind a line of 200 MB/s.</summary>
    private const string Line = "line";

    private const double BytesPerSecond = 200e6;

    /// <param name="rounds">Interleaved rounds a row.</param>
    /// <param name="files">Number of small objects.</param>
    /// <param name="only">One part only: large, line or small; null: all.</param>
    public static async Task RunAsync(int rounds, int files, string? only)
    {
        await using ObjectStoreServer store = await ObjectStoreServer.StartAsync();
        await using var line = new FarProxy(store.Url, TimeSpan.Zero, BytesPerSecond, shared: true);
        using var data = new Workspace();
        await using NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/={store.Mount}", "--mount", $"/{Line}={ObjectStoreServer.MountAt(line.Url)}", "--store", $"{data.Store}=4GiB");
        if (only is null or "large" or "line")
            await store.PutLargeAsync(LargeObject.Name, LargeObject.Size);
        if (only is null or "large")
            await LargeObject.RunAsync(store, node, data.Kept, rounds);
        if (only is null or "line")
            await LimitedLine.RunAsync(store, line, node, Line, BytesPerSecond, rounds);
        if (only is null or "small")
            await SmallObjects.RunAsync(store, node, data.Kept, rounds, files);
    }
}

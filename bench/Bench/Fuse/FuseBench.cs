using Orleans.Cache.Bench.Fuse.Views;
using Orleans.Cache.Bench.Reports;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>
/// Local files of the cache against the same files in tmpfs, interleaved: handed to the kernel, through the node, through a mount whose data are another process's, and
/// beside them s3fs and rclone, with their file caches, over the same data.
/// </summary>
internal static class FuseBench
{
    private static readonly (string Name, Func<FuseData, Task<FuseView>> Start, Func<FuseData, IReadOnlyList<FuseRow>> Rows)[] Views =
    [
        ("handed over", data => NodeView.StartAsync(data, data.MountOptions), data => Rows(data, isHanded: true)),
        ("through the node", data => NodeView.StartAsync(data, ",no-passthrough" + data.MountOptions), data => Rows(data, isHanded: false)),
        ("another process", RemoteView.StartAsync, data => FileRows.OfThreads(data.FileSize)),
        ("s3fs", S3fsView.StartAsync, data => Rows(data, isHanded: false)),
        ("rclone", RcloneView.StartAsync, data => Rows(data, isHanded: false)),
    ];

    /// <param name="rounds">Interleaved rounds of a row.</param>
    /// <param name="mebibytes">Size of the large file.</param>
    /// <param name="files">Number of files of 100 KB.</param>
    /// <param name="names">Entries of the large directory.</param>
    /// <param name="only">Rows in whose "view: name" this occurs; null: all.</param>
    /// <param name="options">More options of a node's own mounts; null: none.</param>
    public static async Task RunAsync(int rounds, int mebibytes, int files, int names, string? only, string? options)
    {
        using var data = new FuseData((long)mebibytes << 20, files, names) { MountOptions = options is null ? "" : "," + options };
        Table table = Comparison.NewMixedTable("raw", "mount");
        foreach ((string name, var start, var rowsOf) in Views)
        {
            FuseRow[] rows = [.. rowsOf(data).Where(row => only is null || $"{name}: {row.Name}".Contains(only, StringComparison.Ordinal))];
            if (rows.Length == 0)
                continue;
            await data.WriteAsync(rows);
            await using FuseView view = await start(data);
            var rates = new List<double>();
            foreach (FuseRow row in rows)
                rates.Add(await RunAsync(rounds, data, view, row, $"{name}: {row.Name}", table));
            Console.Error.WriteLine($"{name}: {view.Report()}");
            if (rows.Length > 1 && rows[0].Name == FileRows.OneThread)
                table.Add($"{name}: {rows[^1].Name} to {rows[0].Name}", "", "", $"{rates[^1] / rates[0]:0.00}", "", "", "");
        }
        table.Print();
    }

    /// <summary>Measures a row; gives the view's median rate.</summary>
    private static async Task<double> RunAsync(int rounds, FuseData data, FuseView view, FuseRow row, string title, Table table)
    {
        FuseView raw = data.Raw;
        // Once before it counts: compilers and caches of whoever serves.
        for (int i = 0; i < row.WarmUps; i++)
            await RunAsync(view, row);
        var comparison = new Comparison();
        await comparison.RunAsync(rounds, () => RunAsync(raw, row), () => RunAsync(view, row));
        comparison.AddMixedTo(table, title, row.IsCounted);
        Console.Error.WriteLine(table.LastRow);
        return comparison.MedianRate;
    }

    private static async Task<Load.LoadResult> RunAsync(FuseView view, FuseRow row)
    {
        if (row.IsCold)
            await KernelCaches.DropAsync(view);
        return await row.RunAsync(view);
    }

    private static IReadOnlyList<FuseRow> Rows(FuseData data, bool isHanded) =>
        [.. FileRows.Of(data.FileSize, isHanded), .. SmallFileRows.Of(data), .. ListingRows.Of(data)];
}

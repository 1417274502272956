using Orleans.Cache.Bench.Fuse.Views;
using Orleans.Cache.Bench.Load;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>Open, one read and close of files of 100 KB in random order; and stat of the same.</summary>
internal static class SmallFileRows
{
    private const int Threads = 8;

    /// <summary>Stats of all files are over in some ms.</summary>
    private const int StatPasses = 10;

    public static IReadOnlyList<FuseRow> Of(FuseData data) =>
    [
        Row("100 KB files, 8 threads, cold", view => ReadAsync(data, view)) with { IsCold = true },
        Row("100 KB files, 8 threads, warm", view => ReadAsync(data, view)),
        Row("stat within its time, 1 thread", view => StatAsync(data, view, 1)),
        Row("stat within its time, 8 threads", view => StatAsync(data, view, Threads)),
    ];

    private static FuseRow Row(string name, Func<FuseView, Task<LoadResult>> run) => new(name, FuseInput.SmallFiles, run) { IsCounted = true };

    private static Task<LoadResult> ReadAsync(FuseData data, FuseView view)
    {
        string[] files = data.SmallFilesOf(view.Root);
        return Measured.RunAsync(view, files.Length, (double)files.Length * FuseData.SmallSize, () => PosixFiles.InParallel(files, Threads, PosixFiles.OpenReadClose));
    }

    private static Task<LoadResult> StatAsync(FuseData data, FuseView view, int threads)
    {
        string[] files = data.SmallFilesOf(view.Root);
        string[] often = [.. Enumerable.Repeat(files, StatPasses).SelectMany(f => f)];
        return Measured.RunAsync(view, often.Length, 0, () => PosixFiles.InParallel(often, threads, PosixFiles.Stat));
    }
}

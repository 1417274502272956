using Orleans.Cache.Bench.Load;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>fio on one large file.</summary>
internal static class FileRows
{
    public const string OneThread = "seq 256 KiB, 1 thread";

    private static readonly int[] Threads = [1, 2, 4, 8, 16, 32];

    /// <param name="size">Of the file.</param>
    /// <param name="isHanded">The kernel reads by itself: random jobs need more operations to last some tenths of a second.</param>
    public static IReadOnlyList<FuseRow> Of(long size, bool isHanded)
    {
        long random = isHanded ? size / 2 : size / 16;
        return
        [
            Row("seq 1 MiB, 1 job", ["--rw=read", "--bs=1M", $"--size={size}", "--invalidate=1"]),
            Row("seq 1 MiB, 4 jobs", ["--rw=read", "--bs=1M", $"--size={size / 4}", $"--offset_increment={size / 4}", "--numjobs=4", "--invalidate=1"]),
            Row("seq 1 MiB, 4 jobs, direct", ["--rw=read", "--bs=1M", $"--size={size / 4}", $"--offset_increment={size / 4}", "--numjobs=4", "--direct=1"]),
            Row("rand 4 KiB, 1 job", ["--rw=randread", "--bs=4k", $"--size={size}", $"--io_size={random}", "--invalidate=1"]),
            Row("rand 4 KiB, 8 jobs", ["--rw=randread", "--bs=4k", $"--size={size / 8}", $"--offset_increment={size / 8}", "--numjobs=8", $"--io_size={random}", "--invalidate=1"]),
            Row("seq 1 MiB, second pass", ["--rw=read", "--bs=1M", $"--size={size}", "--invalidate=0"]),
        ];
    }

    /// <summary>The shape of Alluxio's published benchmark: pieces of 256 KiB by more and more threads, each in a part of its own.</summary>
    public static IReadOnlyList<FuseRow> OfThreads(long size) =>
        [.. Threads.Select(count => Row(
            count == 1 ? OneThread : $"seq 256 KiB, {count} threads",
            ["--rw=read", "--bs=256k", $"--size={size / count}", $"--offset_increment={size / count}", $"--numjobs={count}", "--invalidate=1"]))];

    private static FuseRow Row(string name, string[] job) => new(name, FuseInput.File, view => Fio.RunAsync(
        Path.Combine(view.Root, "f"),
        // tmpfs takes no direct I/O on older kernels, and has no device to go past.
        view.TakesDirect ? job : [.. job.Where(option => option != "--direct=1")],
        view.ProcessIds));
}

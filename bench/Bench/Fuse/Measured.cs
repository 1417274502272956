using Orleans.Cache.Bench.Fuse.Views;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>Time and processor time of something that this process does, the children that it waits for included.</summary>
internal static class Measured
{
    public static async Task<LoadResult> RunAsync(FuseView view, double requests, double bytes, Action act)
    {
        double before = Spent(view);
        long start = TimeProvider.System.GetTimestamp();
        await Task.Run(act);
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        return new LoadResult(seconds, bytes, requests, Spent(view) - before);
    }

    private static double Spent(FuseView view) => PosixFiles.OwnSeconds() + ProcessTree.CpuSeconds(view.ProcessIds);
}

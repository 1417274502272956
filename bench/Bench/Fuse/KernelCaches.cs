using Orleans.Cache.Bench.Fuse.Views;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>Makes the kernel forget names and inodes, and with these what it has cached of their content. tmpfs keeps its own.</summary>
internal static class KernelCaches
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(150);

    /// <summary>Returns when whoever serves has taken notice: it is told of every inode that was forgotten.</summary>
    public static async Task DropAsync(FuseView view)
    {
        await File.WriteAllTextAsync("/proc/sys/vm/drop_caches", "2\n");
        double spent = ProcessTree.CpuSeconds(view.ProcessIds);
        for (int look = 0; look < 100; look++)
        {
            await Task.Delay(Look);
            double now = ProcessTree.CpuSeconds(view.ProcessIds);
            if (now - spent < 0.015)
                return;
            spent = now;
        }
    }
}

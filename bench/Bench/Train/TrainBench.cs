using System.Diagnostics;
using Amazon.S3;
using Orleans.Cache.Bench.Fuse.Views;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Train;

/// <summary>
/// Emulated accelerators that train on a data set in a store 50 ms away: through a mounted node, through s3fs, straight from the store, and after a copy of everything.
/// </summary>
internal static class TrainBench
{
    private const int Epochs = 3;
    private const double Wanted = 0.9;
    private const int MostAccelerators = 64;

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(50);
    private const double BytesPerSecond = 100e6;

    /// <summary>An epoch that takes longer is broken off.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40), DirectLimit = TimeSpan.FromSeconds(15);

    /// <param name="only">One workload whose name begins like this; null: all.</param>
    public static async Task RunAsync(string? only)
    {
        var use = new Table("AU", "wanted MB/s", "first epoch, mount", "the same while it loads", "later", "first epoch, s3fs", "later", "straight from the store", "accelerators at AU 90 %, mount", "s3fs");
        var time = new Table("seconds", "to the first batch: copy first", "directly", "mount", "mount that loads", $"{Epochs} epochs: copy first", "directly", "mount", "mount that loads");
        foreach (Workload workload in Workload.All.Where(w => only is null || w.Name.StartsWith(only, StringComparison.OrdinalIgnoreCase)))
            await RunAsync(workload, use, time);
        use.Print();
        time.Print();
    }

    private static async Task RunAsync(Workload workload, Table use, Table time)
    {
        await using ObjectStoreServer store = await ObjectStoreServer.StartAsync();
        byte[] content = new byte[workload.FileBytes];
        new Random(1).NextBytes(content);
        await Parallel.ForAsync(0, workload.Files, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) => await store.PutAsync(Workload.NameOf(i), content));
        await using var far = new FarProxy(store.Url, Latency, BytesPerSecond);
        using AmazonS3Client client = ObjectStoreServer.ClientOf(far.Url);
        var direct = new StoreSamples(workload, client);
        Epoch straight = await Task.Run(() => Accelerator.Run(workload, direct, 1, 1, DirectLimit));
        Tell(workload, "directly", straight);
        (double copied, Epoch local) = await CopyFirstAsync(workload, direct);
        Tell(workload, "copied", local);
        (Epoch first, Epoch later, int most) = await MountedAsync(workload, far.Url, loads: false);
        (Epoch loading, Epoch loaded, _) = await MountedAsync(workload, far.Url, loads: true);
        (Epoch s3fsFirst, Epoch s3fsLater, int s3fsMost) = await S3fsAsync(workload, far.Url);
        use.Add(
            workload.Name, $"{workload.Demand / 1e6:0}", Percent(first), Percent(loading), Percent(later), Percent(s3fsFirst), Percent(s3fsLater), Percent(straight), $"{most}", $"{s3fsMost}");
        time.Add(
            workload.Name, $"{copied + local.FirstBatchSeconds:0.0}", $"{straight.FirstBatchSeconds:0.0}", $"{first.FirstBatchSeconds:0.0}", $"{loading.FirstBatchSeconds:0.0}",
            $"{copied + (Epochs * local.WholeSeconds(workload)):0}", $"{Epochs * straight.WholeSeconds(workload):0}",
            $"{Whole(first, later):0}", $"{Whole(loading, loaded):0}");

        double Whole(Epoch first, Epoch later) => first.WholeSeconds(workload) + ((Epochs - 1) * later.WholeSeconds(workload));
    }

    private static async Task<(double Copied, Epoch Local)> CopyFirstAsync(Workload workload, StoreSamples direct)
    {
        using var data = new Workspace();
        long start = TimeProvider.System.GetTimestamp();
        await direct.CopyAsync(data.Source);
        double copied = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        return (copied, await Task.Run(() => Accelerator.Run(workload, new FileSamples(workload, data.Source), 1, 2, Limit)));
    }

    /// <param name="workload">What is read.</param>
    /// <param name="far">The store.</param>
    /// <param name="loads">Whether the node is told to bring in all of it when the first epoch begins, as `ocache load` does; how many accelerators it keeps at work is not asked then.</param>
    private static async Task<(Epoch First, Epoch Later, int Most)> MountedAsync(Workload workload, Uri far, bool loads)
    {
        using var data = new Workspace();
        using var directory = new MountedDirectory();
        await using NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/={ObjectStoreServer.MountAt(far)}", "--store", $"{data.Store}=4GiB", "--s3-port", "off", "--fuse", directory.Path);
        var samples = new FileSamples(workload, directory.Path);
        if (!loads)
            return await Task.Run(() => EpochsOf(workload, samples, "mount"));
        await node.LoadAsync("train");
        return await Task.Run(() => EpochsOf(workload, samples, "mount that loads", counts: false));
    }

    private static async Task<(Epoch First, Epoch Later, int Most)> S3fsAsync(Workload workload, Uri far)
    {
        using var data = new Workspace();
        using var directory = new MountedDirectory();
        using Process mount = S3fsView.Start(far.ToString().TrimEnd('/'), ObjectStoreServer.Bucket, ObjectStoreServer.Key, ObjectStoreServer.Key, directory.Path, data.Store);
        await directory.WaitAsync(mount);
        try
        {
            return await Task.Run(() => EpochsOf(workload, new FileSamples(workload, directory.Path), "s3fs"));
        }
        finally
        {
            await directory.UnmountAsync(mount);
        }
    }

    private static (Epoch First, Epoch Later, int Most) EpochsOf(Workload workload, FileSamples samples, string way, bool counts = true)
    {
        long start = TimeProvider.System.GetTimestamp();
        samples.List();
        double listed = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        Epoch first = Accelerator.Run(workload, samples, 1, 3, Limit);
        first = first with { FirstBatchSeconds = first.FirstBatchSeconds + listed };
        Tell(workload, way + ", first epoch", first);
        // Broken off before everything was read once: the next goes on with that.
        Epoch later = Accelerator.Run(workload, samples, 1, 4, Limit);
        if (first.Steps < workload.Steps)
            later = Accelerator.Run(workload, samples, 1, 5, Limit);
        Tell(workload, way + ", later epoch", later);
        return (first, later, !counts || later.Utilisation < Wanted ? 0 : MostOf(workload, samples));
    }

    /// <summary>The largest number of accelerators that are kept at work: doubled, then halved in between.</summary>
    private static int MostOf(Workload workload, FileSamples samples)
    {
        int good = 1, bad = 2;
        while (bad <= MostAccelerators && IsEnough(bad))
            (good, bad) = (bad, bad * 2);
        while (bad - good > 1 && bad <= MostAccelerators)
        {
            int middle = (good + bad) / 2;
            (good, bad) = IsEnough(middle) ? (middle, bad) : (good, middle);
        }
        return good;

        bool IsEnough(int count)
        {
            Epoch epoch = Accelerator.Run(workload, samples, count, 100, TimeSpan.FromSeconds(6));
            Tell(workload, $"{count} accelerators", epoch);
            return epoch.Utilisation >= Wanted;
        }
    }

    private static string Percent(Epoch epoch) => $"{100 * epoch.Utilisation:0} %";

    private static void Tell(Workload workload, string what, Epoch epoch) =>
        Console.Error.WriteLine($"{workload.Name}: {what}: {epoch.Steps} of {workload.Steps} steps in {epoch.Seconds:0.0} s, first batch after {epoch.FirstBatchSeconds:0.0} s, AU {100 * epoch.Utilisation:0} %");
}

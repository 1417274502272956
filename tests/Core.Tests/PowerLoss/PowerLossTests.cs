using System.Globalization;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Core.Tests.PowerLoss;

/// <summary>
/// Starts from generated images of a power cut. None fails to start, and every page that any of them serves is right: before the
/// sweep, after it, when pages come again over what is left, and after a second cut in that new life.
/// </summary>
/// <remarks>
/// OCACHE_POWERLOSS_CASES is the number of images, OCACHE_POWERLOSS_SEED repeats a run whose seed was printed.
/// Holds: IndexRestore brings pages back unverified, PageReader sums a page before its first service, PageIndex.TryBeginLease
/// lends verified pages only, Recovery passes over what is damaged, incarnations of a later life are greater.
/// </remarks>
public sealed class PowerLossTests(ITestOutputHelper output)
{
    private const int DefaultCases = 400;
    private const int ImagesPerHistory = 20;

    [Fact]
    public async Task No_image_of_a_power_cut_serves_a_wrong_page_or_fails_to_start()
    {
        int cases = Setting("CASES", DefaultCases);
        int seed = Setting("SEED", Environment.TickCount & int.MaxValue);
        output.WriteLine($"OCACHE_POWERLOSS_CASES={cases} OCACHE_POWERLOSS_SEED={seed}");
        var tally = new Tally();
        long started = TimeProvider.System.GetTimestamp();
        for (int done = 0; done < cases; done += ImagesPerHistory)
        {
            int own = seed + done;
            try
            {
                await RunHistoryAsync(new Random(own), Math.Min(ImagesPerHistory, cases - done), tally);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Repeat with OCACHE_POWERLOSS_CASES={ImagesPerHistory} OCACHE_POWERLOSS_SEED={own}: {e.Message}", e);
            }
        }
        output.WriteLine($"{tally} in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:N1} s");
        // The generator is worth something: some pages survive, and some that the journal promises are gone.
        Assert.True(tally.Served > cases && tally.Healed > cases / 2, $"The images show too little: {tally}.");
    }

    private static async Task RunHistoryAsync(Random random, int images, Tally tally)
    {
        using var root = new TemporaryDirectory(onTmpfs: true);
        IReadOnlyList<Dictionary<string, byte[]>> history = await StoreHistory.LiveAsync(root["store"], random);
        for (int image = 0; image < images; image++)
        {
            string path = root[$"image{image}"];
            new PowerLossImage(history, random).Write(path);
            await CheckAsync(path, random, tally);
            if (image % 4 == 0)
                await CutAgainAsync(path, root[$"second{image}"], random, tally);
        }
    }

    /// <summary>Lives on in an image, and checks images of a cut in that life.</summary>
    private static async Task CutAgainAsync(string path, string secondPath, Random random, Tally tally)
    {
        IReadOnlyList<Dictionary<string, byte[]>> history = await StoreHistory.LiveAsync(path, random);
        new PowerLossImage(history, random).Write(secondPath);
        await CheckAsync(secondPath, random, tally);
    }

    private static async Task CheckAsync(string path, Random random, Tally tally)
    {
        var time = new ManualTimeProvider();
        await using StoreDirectory store = StoreHistory.Open(path, time);
        tally.Images++;
        tally.Claimed += store.Status.Pages;
        tally.Served += await StoreHistory.ReadAllAsync(store);
        tally.Healed += store.Status.Healed;
        if (random.Next(2) == 0)
            await SweepAsync(store, time);
        await StoreHistory.UseAsync(store, random, steps: 40);
        await StoreHistory.ReadAllAsync(store);
        await store.Settled;
        Assert.InRange(store.Status.Used, 0, StoreHistory.Capacity);
        Assert.True(store.IsInService);
    }

    /// <summary>The sweep pauses on the injected clock.</summary>
    private static async Task SweepAsync(StoreDirectory store, ManualTimeProvider time)
    {
        while (!store.Swept.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await store.Swept;
        Assert.True(await StoreHistory.ReadAllAsync(store) >= 0);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable("OCACHE_POWERLOSS_" + name), NumberStyles.None, CultureInfo.InvariantCulture, out int given)
            ? given : otherwise;

    private sealed record Tally
    {
        public long Images { get; set; }

        /// <summary>Pages that the journals speak of.</summary>
        public long Claimed { get; set; }

        public long Served { get; set; }

        public long Healed { get; set; }
    }
}

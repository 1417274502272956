using FsCheck;
using FsCheck.Fluent;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Core.Tests.Metadata;

public sealed class MetadataModelTests
{
    private static readonly string[] Files = ["f", "g", "d/f", "d/g", "d/h", "d/e/f", "d/e/g", "d/e/h", "d/e/i", "x/y/z"];
    private static readonly string[] Directories = ["", "d", "d/e", "x", "x/y"];
    private static readonly string[] Paths = [.. Files, .. Directories];

    private static readonly Freshness[] Modes =
        [Freshness.Strict, Freshness.Bounded(TimeSpan.FromSeconds(10)), Freshness.Default, Freshness.Immutable];

    /// <summary>
    /// Random creations, changes, deletions, questions, listings, invalidations, steps of time and changes of mode: every answer must
    /// be one that the mode allows. Directories above the listing limit occur, so that streaming is covered too.
    /// </summary>
    [Fact]
    public void Every_answer_is_one_that_the_mode_allows() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(120),
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), steps => RunAsync(steps).GetAwaiter().GetResult()));

    [Fact]
    public Task A_mode_that_comes_back_before_anybody_asks_has_ended_belief_all_the_same() =>
        // List d, change d/g, strict, immutable again, forget d/h and ask for d/g; 12 bytes, so that the first mode is strict, then immutable.
        RunAsync([4, 3, 5, 6, 0, 153, 4, 0, 4, 3, 7, 213]);

    private static async Task RunAsync(byte[] steps)
    {
        using var bench = new MetadataBench(limits: new CacheLimits { MaxEntriesPerListing = 3, MaxListedEntries = 16, MaxStatuses = 12 });
        var model = new MetadataModel(bench.Source, bench.Time);
        Remount(bench, model, Modes[steps.Length % Modes.Length]);
        foreach (string file in Files)
            bench.Source.Put(file);
        for (int i = 0; i + 1 < steps.Length; i += 2)
        {
            model.Note(Paths, Directories);
            await StepAsync(bench, model, steps[i] % 10, steps[i + 1]);
        }
    }

    private static async Task StepAsync(MetadataBench bench, MetadataModel model, int operation, byte choice)
    {
        string file = Files[choice % Files.Length];
        CachePath path = CachePath.Parse('/' + Paths[choice % Paths.Length]);
        CachePath directory = CachePath.Parse('/' + Directories[choice % Directories.Length]);
        switch (operation)
        {
            case 0:
                bench.Source.Put(file);
                break;
            case 1:
                bench.Source.Remove(file);
                break;
            case 2:
                bench.Time.Advance(TimeSpan.FromSeconds(choice % 16));
                break;
            case 3:
                model.Invalidate(path, recursive: choice >= 128);
                bench.Cache.Invalidate(path, recursive: choice >= 128);
                break;
            case 4 when choice < 64:
                Remount(bench, model, Modes[choice % Modes.Length]);
                break;
            case 5 or 6:
                Assert.Null(model.ComplaintAboutListing(directory, await ListAsync(bench, directory)));
                break;
            default:
                StatusAnswer answer = await bench.Cache.GetAsync(path, CancellationToken.None);
                Assert.Null(model.ComplaintAboutStatus(path, MetadataBench.Describe(answer.Status), answer.Remaining));
                break;
        }
    }

    private static async Task<string> ListAsync(MetadataBench bench, CachePath directory)
    {
        try
        {
            List<FileStatus> entries = await bench.EntriesAsync(directory.Value);
            return string.Join(' ', entries.Select(e => $"{e.Path.Name}={MetadataBench.Describe(e)}"));
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound)
        {
            return "";
        }
    }

    private static void Remount(MetadataBench bench, MetadataModel model, Freshness freshness)
    {
        bench.Remount(new Mount(CachePath.Root, bench.Source, freshness));
        // As a node does it: there and back between two questions would be no change to the cache, and is one to the model.
        bench.Cache.TakeMounts();
        // An equal mount is no change: what is believed of it stays.
        if (freshness != model.Freshness)
            model.Remount(freshness);
    }
}

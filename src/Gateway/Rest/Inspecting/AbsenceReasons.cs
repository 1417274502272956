using System.Globalization;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>Why pages of a file are not cached: what is certain first, then what is usual.</summary>
internal sealed class AbsenceReasons(IPageStore store, CacheLimits limits, TimeProvider time)
{
    /// <summary>Local files are kept from this age on; younger ones may still change without a new version.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    public IReadOnlyList<string> Of(FileStatus status, FileRef file, OwnedPages map)
    {
        long missing = file.PageCount - map.Cached;
        if (missing == 0)
            return [];
        IReadOnlyList<StoreDirectoryStatus> directories = store.GetStatus();
        var reasons = new List<string>();
        reasons.AddRange(directories.Where(d => d.OutOfService is not null)
            .Select(d => $"Store directory {d.Directory} is out of service: {d.OutOfService}; what it held is fetched again until the node is restarted."));
        long capacity = directories.Where(d => d.OutOfService is null).Sum(d => d.Capacity);
        if (file.Length > capacity)
            reasons.Add(Text($"The file of {file.Length} bytes is larger than the store of {capacity} bytes: its first pages leave as later ones come. Give --store more."));
        TimeSpan age = time.GetUtcNow() - status.LastModified;
        if (age < Settled)
            reasons.Add("The file is too young to keep (\"racily clean\"): it changed less than 2 s ago, and pages of local files are kept from then on.");
        if (map.CouldNotKeep)
            reasons.Add("Its pages were fetched within the last 2 s and could not be kept: the file was too young, or there was no room.");
        reasons.Add(map.Cached == 0
            ? "No page of this version is cached: it was never read, or it was freed, or it left."
            : Text($"{missing} of {file.PageCount} pages were never read, or were freed, or left."));
        if (directories.Any(d => d.Evictions > 0))
            reasons.Add(Text($"{directories.Sum(d => d.Evictions)} pages have left the store to make room since the node started; these may be among them."));
        if (file.Length > limits.BypassBelowBytes)
            reasons.Add(Text($"Reads of less than {limits.BypassBelowBytes / CacheLimits.KiB} KiB of a larger file go past the cache until they come back to a place, go on from one another, or are as much together within a page."));
        return reasons;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

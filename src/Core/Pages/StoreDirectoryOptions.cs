namespace Orleans.Cache.Pages;

/// <summary>One directory that keeps pages.</summary>
/// <param name="Path">Where; created (mode 0700) when it is missing. On tmpfs or on a disk.</param>
/// <param name="Capacity">Quota in bytes of allocated blocks. May exceed what the file system has free: a full one is handled when it comes.</param>
public sealed record StoreDirectoryOptions(string Path, long Capacity)
{
    /// <summary>
    /// Disks forget bits in months and lose sectors in years; a week finds them before most of what they hold is read again, and costs a
    /// full disk of 1 TiB 1.7 MiB/s. ZFS is scrubbed every two to four weeks, HDFS checks its blocks every three.
    /// </summary>
    public static readonly TimeSpan DefaultScrubPeriod = TimeSpan.FromDays(7);

    /// <summary>In this time the background scrub compares every page with its checksum once; zero: never. At most 30 days.</summary>
    public TimeSpan ScrubPeriod { get; init; } = DefaultScrubPeriod;
}

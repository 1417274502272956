using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Metadata;

/// <summary>A metadata cache over one under storage at "/", with a clock and a mount table that the test owns.</summary>
internal sealed class MetadataBench : IDisposable
{
    public static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    public MetadataBench(Freshness? freshness = null, CacheLimits? limits = null, bool servesStale = false)
    {
        Source = new GatedUnderStorage("mem://source", Time);
        Mounts = [new Mount(CachePath.Root, Source, freshness ?? Freshness.Bounded(Minute)) { ServesStale = servesStale }];
        Table = new MountTable(1, Mounts);
        Limits = limits ?? new CacheLimits();
        Cache = new MetadataCache(() => Table, CacheLimits.MiB, Limits, Counters, Time);
    }

    public ManualTimeProvider Time { get; } = new();

    public GatedUnderStorage Source { get; }

    public CacheLimits Limits { get; }

    public List<Mount> Mounts { get; }

    public MountTable Table { get; set; }

    public CacheCounters Counters { get; } = new();

    public MetadataCache Cache { get; }

    /// <summary>Replaces the table by one with these mounts.</summary>
    public void Remount(params Mount[] mounts) => Table = new MountTable(Table.Version + 1, mounts);

    public async Task<StatusAnswer> AskAsync(string path, CancellationToken cancellationToken = default) =>
        await Cache.GetAsync(CachePath.Parse(path), cancellationToken);

    /// <summary>Version of a file, "dir" for a directory, null for nothing.</summary>
    public async Task<string?> GetAsync(string path) => Describe((await AskAsync(path)).Status);

    public void Invalidate(string path, bool recursive = false) => Cache.Invalidate(CachePath.Parse(path), recursive);

    public async Task<List<FileStatus>> EntriesAsync(string directory, string? startAfter = null)
    {
        var entries = new List<FileStatus>();
        await foreach (FileStatus entry in Cache.ListAsync(CachePath.Parse(directory), startAfter, CancellationToken.None))
            entries.Add(entry);
        return entries;
    }

    public async Task<string> ListAsync(string directory, string? startAfter = null) =>
        string.Join(' ', (await EntriesAsync(directory, startAfter)).Select(e => e.Path.Name));

    public static string? Describe(FileStatus? status) => status is null ? null : status.File?.Version.Token ?? "dir";

    public void Dispose() => Counters.Dispose();
}

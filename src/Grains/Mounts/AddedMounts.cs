using Orleans.Cache.Mounts;

namespace Orleans.Cache.Grains.Mounts;

/// <summary>The cluster's added mounts, in messages and in the grain storage.</summary>
/// <param name="Version">Grows by one with each change.</param>
/// <param name="Mounts">All of them, as they were written.</param>
[GenerateSerializer, Immutable, Alias("ocache.added-mounts")]
public sealed record AddedMounts([property: Id(0)] long Version, [property: Id(1)] AddedMount[] Mounts)
{
    public static AddedMounts Of(MountRecords records) =>
        new(records.Version, [.. records.Mounts.Select(m => new AddedMount(m.Path, m.Uri, [.. m.Options], m.Since))]);

    /// <summary>Whether they are the same mounts, brought by the same changes.</summary>
    public bool IsSame(AddedMounts other) =>
        Version == other.Version && Mounts.Length == other.Mounts.Length && ToRecords().Mounts.Zip(other.ToRecords().Mounts).All(pair => pair.First.IsSame(pair.Second));

    public MountRecords ToRecords() => new(Version, [.. Mounts.Select(m => new MountRecord(m.Path, m.Uri, m.Options) { Since = m.Since })]);
}

/// <summary>One of them; see <see cref="MountRecord"/>.</summary>
[GenerateSerializer, Immutable, Alias("ocache.added-mount")]
public sealed record AddedMount([property: Id(0)] string Path, [property: Id(1)] string Uri, [property: Id(2)] string[] Options, [property: Id(3)] long Since);

/// <summary>What came of a change.</summary>
/// <param name="Done">Whether it was made; else somebody else was first.</param>
/// <param name="Now">The mounts now.</param>
[GenerateSerializer, Immutable, Alias("ocache.mounts-change")]
public sealed record MountsChange([property: Id(0)] bool Done, [property: Id(1)] AddedMounts Now);

/// <summary>What a node says when it was told of the cluster's mounts.</summary>
/// <param name="Complaint">Why it has not taken them over; null: it has.</param>
/// <param name="Files">Freed with those that left.</param>
/// <param name="Pages">The same.</param>
/// <param name="Bytes">The same.</param>
[GenerateSerializer, Immutable, Alias("ocache.mounts-adopted")]
public sealed record MountsAdopted([property: Id(0)] string? Complaint, [property: Id(1)] long Files, [property: Id(2)] long Pages, [property: Id(3)] long Bytes);

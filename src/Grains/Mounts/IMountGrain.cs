namespace Orleans.Cache.Grains.Mounts;

/// <summary>The cluster's mount table: one, versioned, kept in the grain storage. Its key is <see cref="TheOne"/>.</summary>
[Alias("ocache.mounts")]
public interface IMountGrain : IGrainWithStringKey
{
    const string TheOne = "mounts";

    /// <summary>
    /// Offers the table that a node was started with. Equal ones join; where no other node is active the offered one becomes the cluster's, with
    /// the next version.
    /// </summary>
    [Alias("offer")]
    ValueTask<MountVerdict> OfferAsync(MountOffer offer);

    /// <summary>The mounts that were added; null where no node has offered its own since the storage forgot them, which only that of one machine does.</summary>
    [Alias("added")]
    ValueTask<AddedMounts?> GetAddedAsync();

    /// <summary>Stores the mounts that were added, unless somebody else has changed them.</summary>
    /// <param name="before">Version that the change was made from.</param>
    /// <param name="after">With the next version.</param>
    [Alias("change")]
    ValueTask<MountsChange> ChangeAsync(long before, AddedMounts after);
}

/// <summary>A mount table as a node was configured.</summary>
/// <param name="Fingerprint">Equal for tables that show the same files under the same rules.</param>
/// <param name="Mounts">For people: one text a mount.</param>
/// <param name="Added">What was added to it while it ran before: the cluster's where that knows of none.</param>
[GenerateSerializer, Immutable, Alias("ocache.mount-offer")]
public sealed record MountOffer([property: Id(0)] ulong Fingerprint, [property: Id(1)] string[] Mounts, [property: Id(2)] AddedMounts Added);

/// <summary>What came of an offer.</summary>
/// <param name="Joined">Whether the offered table is the cluster's.</param>
/// <param name="Version">Of the cluster's table.</param>
/// <param name="Mounts">The cluster's mounts.</param>
/// <param name="Added">Those that were added to them.</param>
[GenerateSerializer, Immutable, Alias("ocache.mount-verdict")]
public sealed record MountVerdict([property: Id(0)] bool Joined, [property: Id(1)] long Version, [property: Id(2)] string[] Mounts, [property: Id(3)] AddedMounts Added);

namespace Orleans.Cache.Grains.Files;

/// <summary>Orders the changes that one silo announced: of two for one path the one with the higher number is the later.</summary>
/// <param name="Issuer">The silo, which is another after each start.</param>
/// <param name="Number">Rises with each change it announces.</param>
[GenerateSerializer, Immutable, Alias("ocache.epoch")]
public readonly record struct InvalidationEpoch([property: Id(0)] SiloAddress Issuer, [property: Id(1)] long Number);

/// <summary>
/// Gives out epochs. One count for all files of a silo: a grain that is collected and comes back does not begin anew, and owners before and
/// after a change of the ring are different issuers, whose numbers nobody compares.
/// </summary>
public sealed class EpochIssuer(ILocalSiloDetails local)
{
    private long _number;

    public InvalidationEpoch Next() => new(local.SiloAddress, Interlocked.Increment(ref _number));
}

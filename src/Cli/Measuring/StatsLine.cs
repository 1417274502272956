using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Measuring;

/// <summary>
/// What clients got and what the under storage had to give for it in the same time: next to each other, so that amplification
/// is visible. Counts of the interval; the first line counts from the node's start.
/// </summary>
internal sealed record StatsLine
{
    public required DateTimeOffset Time { get; init; }

    public required double Seconds { get; init; }

    public required ClientSide Client { get; init; }

    public required StorageSide UnderStorage { get; init; }

    /// <summary>Bytes read from the under storage for each byte given to clients; left out where clients read nothing.</summary>
    public double? Amplification { get; init; }

    /// <summary>The node's own figures since its start, from which the rest is computed.</summary>
    public required CacheFigures Cache { get; init; }

    /// <param name="before">Null for everything since the node's start.</param>
    /// <param name="now">The later figures.</param>
    /// <param name="time">When these were taken.</param>
    public static StatsLine Between(CacheFigures? before, CacheFigures now, DateTimeOffset time)
    {
        // A node that was started again counts from 0: then all of it is new.
        if (before is not null && before.UptimeSeconds > now.UptimeSeconds)
            before = null;
        long Of(Func<CacheFigures, long> figure) => figure(now) - (before is null ? 0 : figure(before));
        long clientBytes = Of(f => f.BytesFromCache + f.BytesFromFills + f.BytesFromBypasses), storageBytes = Of(f => f.BytesFromUnderStorage);
        return new StatsLine
        {
            Time = time,
            Seconds = Math.Round(now.UptimeSeconds - (before?.UptimeSeconds ?? 0), 3),
            Client = new ClientSide(Of(f => f.Hits + f.Misses + f.Bypasses), Of(f => f.Hits), clientBytes, Of(f => f.StatusHits)),
            UnderStorage = new StorageSide(
                Of(f => f.UfsReads), storageBytes, Of(f => f.UfsStats), Of(f => f.UfsLists), Of(f => f.UfsWrites), Of(f => f.BytesToUnderStorage), Of(f => f.UfsErrors)),
            Amplification = clientBytes > 0 ? Math.Round((double)storageBytes / clientBytes, 4) : null,
            Cache = now,
        };
    }
}

/// <summary>What clients asked and got: reads of pages, those answered from the cache, bytes, and statuses from memory.</summary>
internal sealed record ClientSide(long Reads, long Hits, long Bytes, long StatusHits);

/// <summary>What was asked of under storages.</summary>
internal sealed record StorageSide(long Reads, long Bytes, long Stats, long Lists, long Writes, long BytesWritten, long Errors);

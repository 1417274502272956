using Orleans.Cache.Metadata;

namespace Orleans.Cache.Grains.Files;

/// <summary>A status with what is left of its validity, or why there is none. Within a silo it is handed over as it is.</summary>
[GenerateSerializer, Immutable, Alias("ocache.status-reply")]
public sealed class StatusReply
{
    [Id(0)]
    public FileStatus? Status { get; init; }

    [Id(1)]
    public long RemainingTicks { get; init; }

    [Id(2)]
    public CacheError? Error { get; init; }

    [Id(3)]
    public string? Message { get; init; }

    public static StatusReply Of(in StatusAnswer answer) => new() { Status = answer.Status, RemainingTicks = answer.Remaining.Ticks };

    public static StatusReply Of(CacheException failure) => new() { Error = failure.Error, Message = failure.Message };

    /// <exception cref="CacheException">What the owner threw.</exception>
    public StatusAnswer ToAnswer() =>
        Error is { } error ? throw new CacheException(error, Message!) : new StatusAnswer(Status, TimeSpan.FromTicks(RemainingTicks));
}

using Orleans.Cache.Identity;

namespace Orleans.Cache.Loading;

/// <summary>How far a load job is. Immutable: a picture of one moment.</summary>
public sealed record LoadProgress
{
    public required CachePath Path { get; init; }

    public required LoadState State { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Since the start; stands still once the job has ended.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Files that the walk came by so far.</summary>
    public required long FilesFound { get; init; }

    /// <summary>Files that are in the cache as a whole.</summary>
    public required long FilesDone { get; init; }

    public required long FilesFailed { get; init; }

    public required long BytesFound { get; init; }

    /// <summary>Bytes that were cached already or have been loaded.</summary>
    public required long BytesDone { get; init; }

    /// <summary>Bytes that had to be fetched.</summary>
    public required long BytesLoaded { get; init; }

    /// <summary>The first ten things that went wrong, fit to be shown.</summary>
    public required IReadOnlyList<string> Errors { get; init; }

    /// <summary>Whether the job has ended, one way or another.</summary>
    public bool HasEnded => State is LoadState.Stopped or LoadState.Succeeded or LoadState.Failed;
}

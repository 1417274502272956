using Orleans.Cache.Loading;

namespace Orleans.Cache.Gateway.Rest.Loading;

/// <summary>A load job as clients see it.</summary>
internal sealed record LoadBody
{
    public required string Path { get; init; }

    /// <summary>"RUNNING", "VERIFYING", "STOPPED", "SUCCEEDED" or "FAILED".</summary>
    public required string State { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required double ElapsedSeconds { get; init; }

    public required long FilesFound { get; init; }

    public required long FilesDone { get; init; }

    public required long FilesFailed { get; init; }

    public required long BytesFound { get; init; }

    public required long BytesDone { get; init; }

    public required long BytesLoaded { get; init; }

    public required IReadOnlyList<string> Errors { get; init; }

    public static LoadBody Of(LoadProgress progress) => new()
    {
        Path = progress.Path.Value,
        State = progress.State.ToString().ToUpperInvariant(),
        StartedAt = progress.StartedAt,
        ElapsedSeconds = Math.Round(progress.Elapsed.TotalSeconds, 3),
        FilesFound = progress.FilesFound,
        FilesDone = progress.FilesDone,
        FilesFailed = progress.FilesFailed,
        BytesFound = progress.BytesFound,
        BytesDone = progress.BytesDone,
        BytesLoaded = progress.BytesLoaded,
        Errors = progress.Errors,
    };
}

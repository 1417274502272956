using System.Text.Json.Serialization;

namespace Orleans.Cache.Cli.Node;

/// <summary>How far a load job is.</summary>
internal sealed record LoadJob
{
    public required string Path { get; init; }

    /// <summary>RUNNING, VERIFYING, STOPPED, SUCCEEDED or FAILED.</summary>
    public required string State { get; init; }

    public double ElapsedSeconds { get; init; }

    public long FilesFound { get; init; }

    public long FilesDone { get; init; }

    public long FilesFailed { get; init; }

    public long BytesFound { get; init; }

    public long BytesDone { get; init; }

    public long BytesLoaded { get; init; }

    public IReadOnlyList<string> Errors { get; init => field = value ?? []; } = [];

    [JsonIgnore]
    public bool HasEnded => State is "STOPPED" or "SUCCEEDED" or "FAILED";
}

namespace Orleans.Cache.Cli.Copying;

/// <summary>What a copy did.</summary>
internal sealed record CopySummary
{
    /// <summary>Files that were copied.</summary>
    public required long Files { get; init; }

    /// <summary>Files that were there already.</summary>
    public required long Skipped { get; init; }

    public required long Failed { get; init; }

    /// <summary>Bytes that were transferred.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes that an interrupted copy had left and that were not transferred again.</summary>
    public required long ResumedBytes { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The first failures.</summary>
    public required IReadOnlyList<string> Errors { get; init; }
}

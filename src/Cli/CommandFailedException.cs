namespace Orleans.Cache.Cli;

/// <summary>A command cannot go on: one line for standard error and what to exit with.</summary>
internal sealed class CommandFailedException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The node's own code of the error, where it gave one.</summary>
    public string? Error { get; init; }
}

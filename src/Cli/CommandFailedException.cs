namespace Orleans.Cache.Cli;

/// <summary>A command cannot go on: one line for standard error and what to exit with.</summary>
internal sealed class CommandFailedException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The node's own code of the error, where it gave one.</summary>
    public string? Error { get; init; }

    /// <summary>Of a local file.</summary>
    public static CommandFailedException Local(string file, string verb, Exception cause) =>
        new(Cli.ExitCode.Local, $"'{file}' cannot be {verb}: {Reason(cause)}.", cause);

    /// <summary>Messages of .NET name the path again and end in a full stop, or not.</summary>
    private static string Reason(Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException => "permission denied, or it is a directory",
        _ => cause.Message.Split(" : '")[0].TrimEnd('.'),
    };
}

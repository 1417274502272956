namespace Orleans.Cache.Cli;

/// <summary>What ocache exits with; scripts rely on it.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The node refused: nothing is at the path, or it may not be read. Also a node that says it is not healthy, and work of which a part failed.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>No node answers, or it broke off in the middle of an answer.</summary>
    public const int Unreachable = 3;

    /// <summary>A local file or the output cannot be read or written: no space, no permission, not there.</summary>
    public const int Local = 4;

    /// <summary>Ctrl-C, as shells report it.</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read our output went away: what a shell reports of a program that SIGPIPE ended.</summary>
    public const int OutputClosed = 141;

    /// <summary>All of them as shown in help and in docs/CLI.md.</summary>
    public static readonly (int Code, string Meaning)[] All =
    [
        (Ok, "done"),
        (Refused, "refused by the node: nothing at the path, not allowed, not healthy; or a part of the work failed"),
        (Usage, "the command line is wrong"),
        (Unreachable, "no node answers, or it broke off"),
        (Local, "a local file or the output cannot be read or written"),
        (Interrupted, "Ctrl-C"),
        (OutputClosed, "whoever read the output went away"),
    ];
}
